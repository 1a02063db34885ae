package dev.imageferry.job;

import java.time.Duration;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * The progress and smoothed rate of a running PUT. One thread writes the byte count, one thread calls {@link #look}, and any thread
 * can read.
 */
public final class UploadProgress {
    /** Weight of the newest second in the smoothed rate. */
    private static final double NEWEST = 0.3;

    /** The first bytes only fill buffers, so that a shorter time would show a rate that is too high. */
    private static final Duration LEAST_TIME = Duration.ofMillis(500);

    private volatile long bytesSent;
    private long bytesAtLook;
    private volatile double bytesPerSecond = Double.NaN;

    public void sent(long total) {
        bytesSent = total;
    }

    public long bytesSent() {
        return bytesSent;
    }

    /** Updates the rate. Must be called about once a second, by one thread. */
    public void look(Duration sinceLast) {
        long now = bytesSent;
        double current = (now - bytesAtLook) / Math.max(0.001, sinceLast.toNanos() / 1e9);
        bytesAtLook = now;
        bytesPerSecond = Double.isNaN(bytesPerSecond) ? current : bytesPerSecond * (1 - NEWEST) + current * NEWEST;
    }

    public OptionalDouble bytesPerSecond() {
        return Double.isNaN(bytesPerSecond) ? OptionalDouble.empty() : OptionalDouble.of(bytesPerSecond);
    }

    /**
     * Whether the rest of the bytes will be sent within this time, at the average rate so far.
     *
     * @param sinceStart the duration of the PUT so far
     */
    public boolean endsWithin(Duration time, long totalBytes, Duration sinceStart) {
        Duration taken = sinceStart.compareTo(LEAST_TIME) < 0 ? LEAST_TIME : sinceStart;
        return (double) (totalBytes - bytesSent) * taken.toNanos() <= (double) bytesSent * time.toNanos();
    }

    public static @Nullable Long etaSeconds(long bytesLeft, @Nullable Long bytesPerSecond) {
        return bytesPerSecond == null || bytesPerSecond <= 0 ? null : Long.valueOf(bytesLeft / bytesPerSecond);
    }
}
