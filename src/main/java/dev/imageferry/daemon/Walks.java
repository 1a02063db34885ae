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

    /** A scan: its end by the monotonic clock and by the wall clock, its duration, and the pause after it. */
    private record Walk(long nanos, Instant at, Duration took, Duration pause) {}

    /** Starts measuring now. */
    Walks(Duration scanEvery, Ticker ticker, InstantSource clock) {
        this.scanEvery = scanEvery;
        this.longestPause = longer(scanEvery, LONGEST_PAUSE);
        this.ticker = ticker;
        this.clock = clock;
        this.last = ended(Duration.ZERO, scanEvery);
    }

    /**
     * Whether the pause after the last scan is over.
     *
     * @param isSettling whether there are files that have not settled yet, which a scan of the watch can have seen since
     */
    boolean isDue(boolean isSettling) {
        Walk before = last;
        // a task that runs every scanEvery can be early by its own jitter
        return isSettling
                || before.pause().equals(scanEvery)
                || ticker.nanos() - before.nanos() >= before.pause().toNanos();
    }

    /**
     * Records that a scan has finished. One that takes longer than the scan before it, such as the first, has waited for something
     * else and does not lengthen the pause.
     *
     * @param took its duration
     */
    void walked(Duration took) {
        Duration pause = shorter(took, last.took()).multipliedBy(PAUSE_PER_WALK);
        last = ended(took, shorter(longer(scanEvery, pause), longestPause));
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

    private Walk ended(Duration took, Duration pause) {
        return new Walk(ticker.nanos(), clock.instant(), took, pause);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}
