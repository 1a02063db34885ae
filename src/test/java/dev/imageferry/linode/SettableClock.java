package dev.imageferry.linode;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/** A clock and a ticker that stand until they are moved. */
final class SettableClock implements InstantSource, Ticker {
    private volatile Instant now = SentFile.NOW;
    /** Close to the end of the range: only differences may matter. */
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L);

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public long nanos() {
        return nanos.get();
    }

    /** Time goes by. */
    void move(Duration by) {
        now = now.plus(by);
        nanos.addAndGet(by.toNanos());
    }

    /** Somebody sets the wall clock. */
    void set(Duration by) {
        now = now.plus(by);
    }
}
