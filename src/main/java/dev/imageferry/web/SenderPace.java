package dev.imageferry.web;

import java.time.Duration;

/**
 * Measures whether the sender of a file is fast enough. Counts only the time spent waiting for the sender, so a slow local disk
 * does not matter. The rate is averaged over each window.
 */
final class SenderPace {
    static final Duration WINDOW = Duration.ofSeconds(30);
    static final long MIN_BYTES_PER_SECOND = 4096;

    private final Duration window;
    private final long minBytes;
    private long waitedNanos;
    private long bytes;

    SenderPace(Duration window) {
        this.window = window;
        this.minBytes = Math.max(1, MIN_BYTES_PER_SECOND * window.toMillis() / 1000);
    }

    /** How long to wait for the sender at most before {@link #isTooSlow} must be called again. */
    long remainingNanos() {
        return window.toNanos() - waitedNanos;
    }

    /** Adds time spent waiting for the sender. */
    void waited(long nanos) {
        waitedNanos += nanos;
    }

    void received(long count) {
        bytes += count;
    }

    /** Whether the window has ended with too few bytes. At the end of a window, the next one starts. */
    boolean isTooSlow() {
        if (waitedNanos < window.toNanos()) {
            return false;
        }
        boolean slow = bytes < minBytes;
        waitedNanos = 0;
        bytes = 0;
        return slow;
    }
}
