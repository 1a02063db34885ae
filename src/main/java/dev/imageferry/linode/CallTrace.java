package dev.imageferry.linode;

import java.util.Objects;
import okhttp3.Call;
import okhttp3.EventListener;

/** How far a call came: what failed before its request went out had no effect on the other side. */
final class CallTrace extends EventListener {
    private volatile boolean sent;

    /** The trace that travels with the call's request. */
    static CallTrace of(Call call) {
        return Objects.requireNonNull(call.request().tag(CallTrace.class), "every request here carries a trace");
    }

    @Override
    public void requestHeadersStart(Call call) {
        sent = true;
    }

    /** Whether a connection stood and the request may have left. */
    boolean isSent() {
        return sent;
    }
}
