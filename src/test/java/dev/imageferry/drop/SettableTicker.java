package dev.imageferry.drop;

import dev.imageferry.job.Ticker;
import java.time.Duration;

/** A monotonic clock that tests advance. */
final class SettableTicker implements Ticker {
    /** Close to the overflow, which comparisons must handle. */
    private long now = Long.MAX_VALUE - 1_000_000_000L;

    @Override
    public long nanos() {
        return now;
    }

    void advance(Duration duration) {
        now += duration.toNanos();
    }
}
