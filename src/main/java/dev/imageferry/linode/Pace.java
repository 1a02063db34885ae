package dev.imageferry.linode;

/**
 * Says how many bytes may be sent now so that a limit is kept in each second. A sender that was late may catch up for a short time.
 * Pure: the caller passes the time of a monotonic clock. Not thread-safe.
 */
final class Pace {
    /** The most that is sent at a time. */
    static final int MOST_BYTES = HeldBackBody.BLOCK_BYTES;

    /** Of a second, so that single pieces do not matter in it, and a change takes effect soon. */
    private static final int PIECES_PER_SECOND = 256;

    /** Below, there are fewer pieces in a second. */
    private static final int LEAST_BYTES = 64;

    /** Longer pauses are not caught up, so that little is sent at once after them. */
    private static final double MOST_LATE_SECONDS = 0.1;

    private static final double NANOS_PER_SECOND = 1e9;

    private long bytesPerSecond;

    /** Sent ahead of the limit; negative for what may be caught up. */
    private double aheadBytes;

    private long lastNanos;

    /** Starts without a limit. */
    Pace() {}

    /**
     * Changes the limit.
     *
     * @param limit in bytes per second; 0 for no limit
     */
    void limit(long limit, long nowNanos) {
        if (limit != bytesPerSecond) {
            advance(nowNanos);
            bytesPerSecond = limit;
            lastNanos = nowNanos;
            // a large piece of the limit before would take long with a low limit, and a burst is left out
            aheadBytes = Math.clamp(aheadBytes, 0, piece());
        }
    }

    /**
     * Takes the next piece, if it is due. It must then be sent.
     *
     * @param wanted at least 1
     * @return the size of the piece, at most {@code wanted}; 0 if nothing may be sent before {@link #waitNanos}
     */
    int take(int wanted, long nowNanos) {
        if (bytesPerSecond == 0) {
            return wanted;
        }
        advance(nowNanos);
        if (aheadBytes > 0) {
            return 0;
        }
        int taken = Math.min(wanted, piece());
        aheadBytes += taken;
        return taken;
    }

    /** Returns the time from the last call of {@link #take} until the next piece is due; 0 if it is. */
    long waitNanos() {
        return bytesPerSecond == 0 ? 0 : (long) Math.ceil(Math.max(0, aheadBytes) / bytesPerSecond * NANOS_PER_SECOND);
    }

    private int piece() {
        return Math.clamp(bytesPerSecond / PIECES_PER_SECOND, LEAST_BYTES, MOST_BYTES);
    }

    private void advance(long nowNanos) {
        double allowed = (nowNanos - lastNanos) / NANOS_PER_SECOND * bytesPerSecond;
        lastNanos = nowNanos;
        aheadBytes = Math.max(aheadBytes - allowed, -bytesPerSecond * MOST_LATE_SECONDS);
    }
}
