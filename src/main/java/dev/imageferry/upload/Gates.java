package dev.imageferry.upload;

import dev.imageferry.job.Problem;
import dev.imageferry.job.Ticker;
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
    private final Ticker ticker;
    private final Map<Gate, Closed> closed = new HashMap<>();
    private final Map<Gate, Runnable> beforeOpening = new HashMap<>();

    /**
     * All gates are open at first.
     *
     * @param clock for showing since when a gate is closed
     * @param ticker for measuring pauses
     */
    public Gates(InstantSource clock, Ticker ticker) {
        this.clock = clock;
        this.ticker = ticker;
    }

    /**
     * A closed gate.
     *
     * @param since for showing
     * @param sinceNanos the same by the ticker
     * @param nextTryNanos by the ticker
     * @param trying whether somebody was let through and has not told yet how it went
     */
    private record Closed(
            Problem problem, Instant since, long sinceNanos, Duration pause, long nextTryNanos, boolean trying) {
        Closed with(Problem newProblem, Duration newPause, long newNextTry, boolean nowTrying) {
            return new Closed(newProblem, since, sinceNanos, newPause, newNextTry, nowTrying);
        }
    }

    /** Runs the action each time before the closed gate opens. It must be quick. */
    synchronized void beforeOpening(Gate gate, Runnable action) {
        beforeOpening.put(gate, action);
    }

    /** Closes the gate; after a try that failed it stays closed, and the next try comes later than the last. */
    synchronized void close(Gate gate, Problem problem) {
        long now = ticker.nanos();
        Closed before = closed.get(gate);
        if (before == null) {
            LOG.warnf("work stops gate=%s reason=%s", gate.name(), problem.message());
            Duration pause = gate.equals(Gate.QUOTA) ? QUOTA_PAUSE : FIRST_PAUSE;
            long nextTry = now + longer(pause, problem).toNanos();
            closed.put(gate, new Closed(problem, clock.instant(), now, pause, nextTry, false));
        } else if (before.trying()) {
            Duration pause = gate.equals(Gate.QUOTA) ? QUOTA_PAUSE : doubled(before.pause());
            closed.put(
                    gate,
                    before.with(problem, pause, now + longer(pause, problem).toNanos(), false));
        } else {
            // one of several that failed together, not a try of its own; it may have been asked to wait longer
            long asked = problem.retryAfter().orElse(Duration.ZERO).toNanos();
            long nextTry = now + Math.max(asked, before.nextTryNanos() - now);
            closed.put(gate, before.with(problem, before.pause(), nextTry, false));
        }
    }

    private static Duration longer(Duration pause, Problem problem) {
        return problem.retryAfter().filter(asked -> asked.compareTo(pause) > 0).orElse(pause);
    }

    synchronized void open(Gate gate) {
        Closed before = closed.get(gate);
        if (before == null) {
            return;
        }
        Runnable action = beforeOpening.get(gate);
        if (action != null) {
            action.run();
        }
        closed.remove(gate);
        LOG.infof(
                "work goes on gate=%s closed_for=%s",
                gate.name(), Duration.ofNanos(ticker.nanos() - before.sinceNanos()));
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
        long now = ticker.nanos();
        Problem problem = state.problem();
        if (now - state.nextTryNanos() >= 0) {
            // the caller may die on the way: the next try is due after another pause
            closed.put(
                    gate, state.with(problem, state.pause(), now + state.pause().toNanos(), true));
            return Optional.empty();
        }
        return Optional.of(
                new Problem(problem.code(), problem.message(), Duration.ofNanos(state.nextTryNanos() - now)));
    }

    /** Makes the next try due at once, e.g. because the token has changed. */
    synchronized void tryNow(Gate gate) {
        closed.computeIfPresent(
                gate, (key, state) -> state.with(state.problem(), state.pause(), ticker.nanos(), false));
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
