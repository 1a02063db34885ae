package dev.imageferry.linode;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/** A clock and a ticker that tests advance. */
final class SettableClock implements InstantSource, Ticker {
    private volatile Instant now = SentFile.NOW;
    /** Close to the overflow, because only differences may be used. */
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L);

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public long nanos() {
        return nanos.get();
    }

    /** Advances both. */
    void move(Duration by) {
        now = now.plus(by);
        nanos.addAndGet(by.toNanos());
    }

    /** Changes the wall clock. */
    void set(Duration by) {
        now = now.plus(by);
    }
}
