package dev.imageferry.linode;

import dev.imageferry.job.Ticker;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** The bandwidth limit for all uploads of this instance together. Can be changed while they run. Thread-safe. */
public final class Bandwidth {
    /** Sends the next bytes, as many as the limit allows. */
    @FunctionalInterface
    interface Step {
        void send(int bytes) throws IOException;
    }

    private final Ticker ticker = Ticker.SYSTEM; // waiting is by the same clock

    /** Fair, so that uploads take turns. Its holder waits for the next piece. */
    private final ReentrantLock turn = new ReentrantLock(true);

    /** Guarded by this. */
    private final Pace pace = new Pace();

    private volatile long bytesPerSecond;

    /** Starts without a limit. */
    public Bandwidth() {}

    /**
     * Changes the limit, also for running uploads.
     *
     * @param limit in bytes per second; 0 for no limit
     */
    public synchronized void limit(long limit) {
        if (limit < 0) {
            throw new IllegalArgumentException(
                    "the bandwidth must be 0 (no limit) or more bytes per second, not " + limit);
        }
        bytesPerSecond = limit;
        pace.limit(limit, ticker.nanos());
        notifyAll();
    }

    /** Bytes per second; 0 for no limit. */
    public long limit() {
        return bytesPerSecond;
    }

    /**
     * Sends bytes in one or more steps, and waits before each of them as long as the limit requires.
     *
     * @throws java.io.InterruptedIOException if the thread is interrupted while it waits
     */
    void spend(int bytes, Step step) throws IOException {
        int left = bytes;
        while (left > 0) {
            int piece = bytesPerSecond == 0 ? left : await(left);
            step.send(piece);
            left -= piece;
        }
    }

    /** Waits until the next piece is due and returns its size. */
    private int await(int wanted) throws InterruptedIOException {
        try {
            turn.lockInterruptibly();
            try {
                return take(wanted);
            } finally {
                turn.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private synchronized int take(int wanted) throws InterruptedException {
        int taken;
        while ((taken = pace.take(wanted, ticker.nanos())) == 0) {
            // a change of the limit ends the wait
            TimeUnit.NANOSECONDS.timedWait(this, pace.waitNanos());
        }
        return taken;
    }
}
