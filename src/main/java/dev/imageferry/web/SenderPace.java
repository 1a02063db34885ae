package dev.imageferry.web;

import java.time.Duration;

/**
 * Whether the sender of a file is fast enough, by the time that was spent waiting for it alone: a slow disk here is not the
 * sender's fault. The rate is an average over each window of such time.
 */
final class SenderPace {
    static final Duration WINDOW = Duration.ofSeconds(30);
    static final long LEAST_BYTES_PER_SECOND = 4096;

    private final Duration window;
    private final long leastBytes;
    private long waitedNanos;
    private long bytes;

    SenderPace(Duration window) {
        this.window = window;
        this.leastBytes = Math.max(1, LEAST_BYTES_PER_SECOND * window.toMillis() / 1000);
    }

    /** How long to wait at most before the sender is judged again. */
    long patienceNanos() {
        return window.toNanos() - waitedNanos;
    }

    /** Counts time, as {@code System.nanoTime()} measures it, in which there was nothing to read. */
    void waited(long nanos) {
        waitedNanos += nanos;
    }

    void received(long count) {
        bytes += count;
    }

    /** Judges the sender at the end of a window, and begins the next one. */
    boolean isTooSlow() {
        if (waitedNanos < window.toNanos()) {
            return false;
        }
        boolean slow = bytes < leastBytes;
        waitedNanos = 0;
        bytes = 0;
        return slow;
    }
}
