package dev.imageferry.daemon;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Decides when the drop folder is scanned again, and detects that the scans have stopped, for example because a network mount
 * hangs. While no file settles, the scans of a large folder are further apart, so that they take little of the time.
 */
final class Walks {
    private static final int INTERVALS = 10;
    private static final Duration SHORTEST_LIMIT = Duration.ofSeconds(30);

    /** The pause after a scan, in durations of the scan. */
    private static final int PAUSE_PER_WALK = 50;

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(20);

    private final Duration scanEvery;
    private final Duration longestPause;
    private final Ticker ticker;
    private final InstantSource clock;
    private volatile Walk last;

    /** The end of a scan by the monotonic clock and by the wall clock, and the pause after it. */
    private record Walk(long nanos, Instant at, Duration pause) {}

    /** Starts measuring now. */
    Walks(Duration scanEvery, Ticker ticker, InstantSource clock) {
        this.scanEvery = scanEvery;
        this.longestPause = longer(scanEvery, LONGEST_PAUSE);
        this.ticker = ticker;
        this.clock = clock;
        this.last = ended(Duration.ZERO);
    }

    /** Whether the pause after the last scan is over. */
    boolean isDue() {
        Walk before = last;
        // a task that runs every scanEvery can be early by its own jitter
        return before.pause().equals(scanEvery)
                || ticker.nanos() - before.nanos() >= before.pause().toNanos();
    }

    /**
     * Records that a scan has finished.
     *
     * @param took its duration
     * @param isSettling whether it has seen files that have not settled yet
     */
    void walked(Duration took, boolean isSettling) {
        Duration pause = isSettling ? scanEvery : longer(scanEvery, took.multipliedBy(PAUSE_PER_WALK));
        last = ended(pause.compareTo(longestPause) > 0 ? longestPause : pause);
    }

    /** Why the scans count as stopped; empty while they run regularly. */
    Optional<String> standstill() {
        Walk before = last;
        Duration limit = longer(before.pause().multipliedBy(INTERVALS), SHORTEST_LIMIT);
        return ticker.nanos() - before.nanos() < limit.toNanos()
                ? Optional.empty()
                : Optional.of(
                        "no scan of the drop folder has finished since %s, for more than %d s. Check whether its file system hangs"
                                .formatted(before.at(), limit.toSeconds()));
    }

    private Walk ended(Duration pause) {
        return new Walk(ticker.nanos(), clock.instant(), longer(scanEvery, pause));
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}
