package dev.imageferry.daemon;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** Detects that the scans of the drop folder have stopped, for example because a network mount hangs. */
final class Walks {
    private static final int INTERVALS = 10;
    private static final Duration SHORTEST_LIMIT = Duration.ofSeconds(30);

    private final Duration limit;
    private final Ticker ticker;
    private final InstantSource clock;
    private volatile Walk last;

    /** The time of a scan, by the monotonic clock and by the wall clock. */
    private record Walk(long nanos, Instant at) {}

    /** Starts measuring now. */
    Walks(Duration scanEvery, Ticker ticker, InstantSource clock) {
        Duration wanted = scanEvery.multipliedBy(INTERVALS);
        this.limit = wanted.compareTo(SHORTEST_LIMIT) > 0 ? wanted : SHORTEST_LIMIT;
        this.ticker = ticker;
        this.clock = clock;
        this.last = now();
    }

    /** Records that a scan has finished. */
    void walked() {
        last = now();
    }

    /** Why the scans count as stopped; empty while they run regularly. */
    Optional<String> standstill() {
        Walk before = last;
        return ticker.nanos() - before.nanos() < limit.toNanos()
                ? Optional.empty()
                : Optional.of(
                        "no scan of the drop folder has finished since %s, for more than %d s. Check whether its file system hangs"
                                .formatted(before.at(), limit.toSeconds()));
    }

    private Walk now() {
        return new Walk(ticker.nanos(), clock.instant());
    }
}
