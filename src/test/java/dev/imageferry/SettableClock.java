package dev.imageferry;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A wall clock and a monotonic clock that stand still until a test moves them. */
public final class SettableClock implements InstantSource, Ticker {
    private Instant now;
    /** Close to the overflow, because only differences may be used. */
    private long nanos = Long.MAX_VALUE - 1_000_000_000L;

    public SettableClock() {
        this(Instant.parse("2026-01-02T03:04:05Z"));
    }

    public SettableClock(Instant start) {
        this.now = start;
    }

    @Override
    public synchronized Instant instant() {
        return now;
    }

    @Override
    public synchronized long nanos() {
        return nanos;
    }

    /** Moves both clocks. */
    public synchronized void advance(Duration duration) {
        now = now.plus(duration);
        nanos += duration.toNanos();
    }

    /** Changes the wall clock only. */
    public synchronized void set(Duration shift) {
        now = now.plus(shift);
    }
}
