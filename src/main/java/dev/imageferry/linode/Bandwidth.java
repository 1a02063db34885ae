package dev.imageferry.linode;

import okio.Sink;
import okio.Throttler;

/** What this instance's uploads may send together; can be changed while they run. */
public final class Bandwidth {
    private static final long MOST_AT_ONCE = 1024 * 1024;
    private static final long MOST_TO_WAIT_FOR = 64 * 1024;

    /** Okio rounds a byte in favour of each step: steps of a few bytes would not be limited at all. */
    private static final long LEAST_TO_WAIT_FOR = 64;

    private final Throttler throttler = new Throttler();
    private volatile long bytesPerSecond;

    /** No limit. */
    public Bandwidth() {}

    /**
     * Changes the limit at once, for running uploads too.
     *
     * @param limit in bytes a second; 0 for none
     */
    public void limit(long limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("a bandwidth is 0 (no limit) or more bytes a second, not " + limit);
        }
        bytesPerSecond = limit;
        // small steps for small limits, so that progress moves and a change is felt soon
        long wait = Math.clamp(limit / 20, LEAST_TO_WAIT_FOR, MOST_TO_WAIT_FOR);
        throttler.bytesPerSecond(limit, wait, Math.clamp(limit / 4, 2 * wait, MOST_AT_ONCE));
    }

    /** Bytes a second; 0 for no limit. */
    public long limit() {
        return bytesPerSecond;
    }

    Sink throttled(Sink sink) {
        return throttler.sink(sink);
    }
}
