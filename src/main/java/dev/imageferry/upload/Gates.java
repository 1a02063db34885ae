package dev.imageferry.upload;

import dev.imageferry.job.Problem;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Which gates are closed, why, and when each may be tried again: one try at a time, with pauses that double up to a
 * limit. Knows nothing of how a try is made.
 */
public final class Gates {
    private static final Logger LOG = Logger.getLogger(Gates.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    /** A full account does not empty itself within seconds. */
    private static final Duration QUOTA_PAUSE = Duration.ofMinutes(5);

    private final InstantSource clock;
    private final Map<Gate, Closed> closed = new HashMap<>();

    public Gates(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * A closed gate.
     *
     * @param trying whether somebody was let through and has not told yet how it went
     */
    private record Closed(Problem problem, Instant since, Duration pause, Instant nextTry, boolean trying) {}

    /** Closes the gate; after a try that failed it stays closed, and the next try comes later than the last. */
    synchronized void close(Gate gate, Problem problem) {
        Instant now = clock.instant();
        Closed before = closed.get(gate);
        if (before == null) {
            LOG.warnf("work stops gate=%s reason=%s", gate.name(), LogText.of(problem.message()));
            Duration pause = gate.equals(Gate.QUOTA) ? QUOTA_PAUSE : FIRST_PAUSE;
            closed.put(gate, new Closed(problem, now, pause, now.plus(longer(pause, problem)), false));
        } else if (before.trying()) {
            Duration pause = gate.equals(Gate.QUOTA) ? QUOTA_PAUSE : doubled(before.pause());
            closed.put(gate, new Closed(problem, before.since(), pause, now.plus(longer(pause, problem)), false));
        } else {
            // one of several that failed together, not a try of its own; it may have been asked to wait longer
            Instant asked = now.plus(problem.retryAfter().orElse(Duration.ZERO));
            Instant nextTry = asked.isAfter(before.nextTry()) ? asked : before.nextTry();
            closed.put(gate, new Closed(problem, before.since(), before.pause(), nextTry, false));
        }
    }

    private static Duration longer(Duration pause, Problem problem) {
        return problem.retryAfter().filter(asked -> asked.compareTo(pause) > 0).orElse(pause);
    }

    synchronized void open(Gate gate) {
        Closed before = closed.remove(gate);
        if (before != null) {
            LOG.infof(
                    "work goes on gate=%s closed_for=%s",
                    gate.name(), Duration.between(before.since(), clock.instant()));
        }
    }

    synchronized boolean isOpen(Gate gate) {
        return !closed.containsKey(gate);
    }

    /**
     * Lets the caller through an open gate; through a closed one only when its next try is due, and then only one
     * caller, who must tell by {@link #open} or {@link #close} how it went.
     *
     * @return why not, with the time until the next try
     */
    synchronized Optional<Problem> admit(Gate gate) {
        Closed state = closed.get(gate);
        if (state == null) {
            return Optional.empty();
        }
        Instant now = clock.instant();
        if (!now.isBefore(state.nextTry())) {
            // whoever is let through may die on the way: the next try is due after another pause
            closed.put(gate, new Closed(state.problem(), state.since(), state.pause(), now.plus(state.pause()), true));
            return Optional.empty();
        }
        Problem problem = state.problem();
        return Optional.of(new Problem(problem.code(), problem.message(), Duration.between(now, state.nextTry())));
    }

    /** Makes the next try due at once, e.g. because the token has changed. */
    synchronized void tryNow(Gate gate) {
        closed.computeIfPresent(
                gate,
                (key, state) -> new Closed(state.problem(), state.since(), state.pause(), clock.instant(), false));
    }

    /** The closed gates by name. */
    public synchronized List<Blocked> blocked() {
        return closed.entrySet().stream()
                .map(entry -> new Blocked(
                        entry.getKey().name(),
                        entry.getValue().problem().message(),
                        entry.getValue().since()))
                .sorted(Comparator.comparing(Blocked::gate))
                .toList();
    }

    synchronized @Nullable Problem problemOf(Gate gate) {
        Closed state = closed.get(gate);
        return state == null ? null : state.problem();
    }

    private static Duration doubled(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }
}
