package dev.imageferry.linode;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Response;

/**
 * Follows one call: how far it came (what failed before its request went out had no effect on the other side), and how
 * long it took, which it books when the call has ended.
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

    /** The trace that travels with the call's request. */
    static CallTrace of(Call call) {
        return Objects.requireNonNull(call.request().tag(CallTrace.class), "every request here carries a trace");
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
        book();
    }

    @Override
    public void callFailed(Call call, IOException failure) {
        book();
    }

    private void book() {
        timer.record(operation, status, Duration.ofNanos(System.nanoTime() - startedNanos));
    }

    /** Whether a connection stood and the request may have left. */
    boolean isSent() {
        return sent;
    }
}
