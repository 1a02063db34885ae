package dev.imageferry.linode;

import okio.Sink;
import okio.Throttler;

/** The bandwidth limit for all uploads of this instance together. Can be changed while they run. */
public final class Bandwidth {
    private static final long MOST_AT_ONCE = 1024 * 1024;
    private static final long MOST_TO_WAIT_FOR = 64 * 1024;

    /** Okio rounds each step up by a byte, so that steps of a few bytes would not be limited. */
    private static final long LEAST_TO_WAIT_FOR = 64;

    private final Throttler throttler = new Throttler();
    private volatile long bytesPerSecond;

    /** Starts without a limit. */
    public Bandwidth() {}

    /**
     * Changes the limit, also for running uploads.
     *
     * @param limit in bytes per second; 0 for no limit
     */
    public void limit(long limit) {
        if (limit < 0) {
            throw new IllegalArgumentException(
                    "the bandwidth must be 0 (no limit) or more bytes per second, not " + limit);
        }
        bytesPerSecond = limit;
        // small steps for small limits, so that progress is steady and a change takes effect soon
        long wait = Math.clamp(limit / 20, LEAST_TO_WAIT_FOR, MOST_TO_WAIT_FOR);
        throttler.bytesPerSecond(limit, wait, Math.clamp(limit / 4, 2 * wait, MOST_AT_ONCE));
    }

    /** Bytes per second; 0 for no limit. */
    public long limit() {
        return bytesPerSecond;
    }

    Sink throttled(Sink sink) {
        return throttler.sink(sink);
    }
}
