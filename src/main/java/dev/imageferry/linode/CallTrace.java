package dev.imageferry.linode;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Response;

/**
 * Records whether the request of a call was sent, and the duration of the call. A call that failed before its request was
 * sent had no effect.
 */
final class CallTrace extends EventListener {
    private final RequestTimer timer;
    private final Operation operation;
    private volatile boolean sent;
    private volatile String status = RequestTimer.NO_STATUS;
    private volatile long startedNanos;

    CallTrace(RequestTimer timer, Operation operation) {
        this.timer = timer;
        this.operation = operation;
    }

    /** The trace in the tag of the request. */
    static CallTrace of(Call call) {
        return Objects.requireNonNull(call.request().tag(CallTrace.class), "every request has a trace");
    }

    @Override
    public void callStart(Call call) {
        startedNanos = System.nanoTime();
    }

    @Override
    public void requestHeadersStart(Call call) {
        sent = true;
    }

    @Override
    public void responseHeadersEnd(Call call, Response response) {
        status = String.valueOf(response.code());
    }

    @Override
    public void callEnd(Call call) {
        recordTime();
    }

    @Override
    public void callFailed(Call call, IOException failure) {
        recordTime();
    }

    private void recordTime() {
        timer.record(operation, status, Duration.ofNanos(System.nanoTime() - startedNanos));
    }

    /** Whether there was a connection and the request may have been sent. */
    boolean isSent() {
        return sent;
    }
}
