package dev.imageferry.daemon;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** Notices when the walks through the drop folder have stopped, e.g. because a network mount hangs. */
final class Walks {
    private static final int INTERVALS = 10;
    private static final Duration SHORTEST_LIMIT = Duration.ofSeconds(30);

    private final Duration limit;
    private final Ticker ticker;
    private final InstantSource clock;
    private volatile Walk last;

    /** The last one: by which the time is measured, and which is shown. */
    private record Walk(long nanos, Instant at) {}

    /** Begins to measure now. */
    Walks(Duration scanEvery, Ticker ticker, InstantSource clock) {
        Duration wanted = scanEvery.multipliedBy(INTERVALS);
        this.limit = wanted.compareTo(SHORTEST_LIMIT) > 0 ? wanted : SHORTEST_LIMIT;
        this.ticker = ticker;
        this.clock = clock;
        this.last = now();
    }

    /** A walk has come to its end. */
    void walked() {
        last = now();
    }

    /** Why the folder counts as not looked at; empty while the walks go on. */
    Optional<String> standstill() {
        Walk before = last;
        return ticker.nanos() - before.nanos() < limit.toNanos()
                ? Optional.empty()
                : Optional.of(
                        "no walk through the drop folder has ended since %s, which is longer than %d s: look whether its file system hangs"
                                .formatted(before.at(), limit.toSeconds()));
    }

    private Walk now() {
        return new Walk(ticker.nanos(), clock.instant());
    }
}
