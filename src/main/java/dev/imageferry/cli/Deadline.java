package dev.imageferry.cli;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** When the time of {@code --timeout} is up. */
final class Deadline {
    /** For commands without {@code --timeout}. */
    static final Deadline NONE = new Deadline(Ticker.SYSTEM, null);

    private final Ticker ticker;
    private final long start;
    private final @Nullable Duration limit;

    private Deadline(Ticker ticker, @Nullable Duration limit) {
        this.ticker = ticker;
        this.start = ticker.nanos();
        this.limit = limit;
    }

    /**
     * Starts now.
     *
     * @param limitOrNull null if there is no limit
     */
    static Deadline of(Ticker ticker, @Nullable Duration limitOrNull) {
        return new Deadline(ticker, limitOrNull);
    }

    /** The time that is left, zero or less if it is up; empty if there is no limit. */
    Optional<Duration> remaining() {
        return limit == null ? Optional.empty() : Optional.of(limit.minusNanos(ticker.nanos() - start));
    }

    /** Ends the command if the time is up. The text says what has not happened yet. */
    void check(String pending) throws CommandFailure {
        Optional<Duration> left = remaining();
        if (left.isPresent() && !left.get().isPositive()) {
            throw new CommandFailure(ExitStatus.TIME_UP, "The time (--timeout) is up: " + pending);
        }
    }

    /** The shorter one of a pause and the time that is left. */
    Duration limit(Duration pause) {
        Duration left = remaining().orElse(pause);
        return left.compareTo(pause) < 0 ? left : pause;
    }
}
