package dev.imageferry.linode;

import java.io.IOException;
import okio.Buffer;
import okio.Sink;
import okio.Throttler;
import okio.Timeout;

/** The bandwidth limit for all uploads of this instance together. Can be changed while they run. */
public final class Bandwidth {
    private static final long MOST_AT_ONCE = 1024 * 1024;
    private static final long MOST_TO_WAIT_FOR = 64 * 1024;

    /** Okio rounds each step up by a byte, so that steps of a few bytes would not be limited. */
    private static final long LEAST_TO_WAIT_FOR = 64;

    /** Sends the next bytes, as many as the limit allows. */
    @FunctionalInterface
    interface Step {
        void send(int bytes) throws IOException;
    }

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

    /**
     * Sends bytes in one or more steps, and waits before each of them as long as the limit requires.
     *
     * @throws java.io.InterruptedIOException if the thread is interrupted while it waits
     */
    void spend(int bytes, Step step) throws IOException {
        throttler.sink(new StepSink(step)).write(new Buffer(), bytes);
    }

    /** Okio's throttler only counts the bytes that it passes on; they are not in its buffer, so that they are not copied. */
    private record StepSink(Step step) implements Sink {
        @Override
        public void write(Buffer source, long byteCount) throws IOException {
            step.send(Math.toIntExact(byteCount));
        }

        @Override
        public void flush() {}

        @Override
        public Timeout timeout() {
            return Timeout.NONE;
        }

        @Override
        public void close() {}
    }
}
