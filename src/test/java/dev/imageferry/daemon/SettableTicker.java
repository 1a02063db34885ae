package dev.imageferry.daemon;

import dev.imageferry.job.Ticker;
import java.time.Duration;

/** A monotonic clock that stands still until it is moved. */
final class SettableTicker implements Ticker {
    /** Close to the overflow, which a right comparison survives. */
    private long now = Long.MAX_VALUE - 1_000_000_000L;

    @Override
    public long nanos() {
        return now;
    }

    void advance(Duration duration) {
        now += duration.toNanos();
    }
}
