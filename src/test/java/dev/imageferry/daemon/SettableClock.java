package dev.imageferry.daemon;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock and a ticker that a test moves. */
public final class SettableClock implements InstantSource, Ticker {
    private Instant now = Instant.parse("2026-01-02T03:04:05Z");
    /** Close to the end of the range: only differences may matter. */
    private long nanos = Long.MAX_VALUE - 1_000_000_000L;

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public long nanos() {
        return nanos;
    }

    /** Time goes by. */
    public void advance(Duration duration) {
        now = now.plus(duration);
        nanos += duration.toNanos();
    }

    /** Somebody sets the wall clock. */
    public void set(Duration by) {
        now = now.plus(by);
    }
}
