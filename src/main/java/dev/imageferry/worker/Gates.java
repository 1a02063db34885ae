package dev.imageferry.worker;

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
    /** A full account does not empty itself within seconds. */
    public static final Duration QUOTA_PAUSE = Duration.ofMinutes(5);

    private static final Logger LOG = Logger.getLogger(Gates.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    /** Reasons that take turns are not logged each time. */
    private static final Duration SAME_REASON_AGAIN = Duration.ofMinutes(5);

    private final InstantSource clock;
    private final Ticker ticker;
    private final Map<Gate, Closed> closed = new HashMap<>();
    private final Map<Gate, Runnable> beforeOpening = new HashMap<>();

    /**
     * All open.
     *
     * @param clock says since when a gate is closed
     * @param ticker measures the pauses
     */
    public Gates(InstantSource clock, Ticker ticker) {
        this.clock = clock;
        this.ticker = ticker;
    }

    /**
     * A closed gate. Nanoseconds are values of the ticker.
     *
     * @param trying whether a caller was let through and has not reported yet how it went
     * @param starting whether it is closed only because nothing has been asked yet
     * @param logged the reasons in the log, and when each was written there last
     */
    private record Closed(
            Problem problem,
            Instant since,
            long sinceNanos,
            Duration pause,
            long nextTryNanos,
            boolean trying,
            boolean starting,
            Map<String, Long> logged) {
        Closed tried(Problem newProblem, Duration newPause, long newNextTry, boolean nowTrying) {
            return new Closed(newProblem, since, sinceNanos, newPause, newNextTry, nowTrying, starting, logged);
        }
    }

    /** Runs the action each time before the closed gate opens. It must be quick. */
    public synchronized void beforeOpening(Gate gate, Runnable action) {
        beforeOpening.put(gate, action);
    }

    /** Holds work back until the first answer of what the gate stands for, without calling that an outage. */
    public synchronized void starting(Gate gate, Problem notAskedYet) {
        Problem shown = new Problem(notAskedYet.code(), "starting: " + notAskedYet.message());
        long now = ticker.nanos();
        closed.put(gate, new Closed(shown, clock.instant(), now, FIRST_PAUSE, now, false, true, new HashMap<>()));
    }

    /** Closes the gate; after a try that failed it stays closed, and the next try comes later than the last. */
    public synchronized void close(Gate gate, Problem problem) {
        long now = ticker.nanos();
        Closed before = closed.get(gate);
        if (before == null || before.starting()) {
            Duration pause = gate.equals(Gate.QUOTA) ? QUOTA_PAUSE : FIRST_PAUSE;
            before = new Closed(problem, clock.instant(), now, pause, 0, false, false, new HashMap<>());
            closed.put(gate, before.tried(problem, pause, now + longer(pause, problem), false));
        } else if (before.trying()) {
            Duration pause = gate.equals(Gate.QUOTA) ? QUOTA_PAUSE : doubled(before.pause());
            closed.put(gate, before.tried(problem, pause, now + longer(pause, problem), false));
        } else {
            // one of several that failed together, not a try of its own; it may have been asked to wait longer
            long asked = now + problem.retryAfter().orElse(Duration.ZERO).toNanos();
            long nextTry = asked - before.nextTryNanos() > 0 ? asked : before.nextTryNanos();
            closed.put(gate, before.tried(problem, before.pause(), nextTry, false));
        }
        log(gate, problem.message(), before.logged(), now);
    }

    /** Once for each reason, and again when it comes back after a while. */
    private static void log(Gate gate, String reason, Map<String, Long> logged, long now) {
        Long before = logged.get(reason);
        boolean repeated = before != null && now - before < SAME_REASON_AGAIN.toNanos();
        logged.entrySet().removeIf(entry -> now - entry.getValue() >= SAME_REASON_AGAIN.toNanos());
        logged.put(reason, now);
        if (!repeated) {
            LOG.warnf("work stops gate=%s reason=%s", gate.name(), reason);
        }
    }

    private static long longer(Duration pause, Problem problem) {
        return problem.retryAfter()
                .filter(asked -> asked.compareTo(pause) > 0)
                .orElse(pause)
                .toNanos();
    }

    public synchronized void open(Gate gate) {
        Closed before = closed.get(gate);
        if (before == null) {
            return;
        }
        Runnable action = beforeOpening.get(gate);
        if (action != null) {
            action.run();
        }
        closed.remove(gate);
        if (!before.starting()) {
            LOG.infof(
                    "work goes on gate=%s closed_for=%s",
                    gate.name(), Duration.ofNanos(ticker.nanos() - before.sinceNanos()));
        }
    }

    public synchronized boolean isOpen(Gate gate) {
        return !closed.containsKey(gate);
    }

    /** Whether the gate is closed because something is wrong, and not only because the daemon is starting. */
    public synchronized boolean isOutage(Gate gate) {
        Closed state = closed.get(gate);
        return state != null && !state.starting();
    }

    /**
     * Lets the caller through an open gate; through a closed one only when its next try is due, and then only one
     * caller, who must report by {@link #open} or {@link #close} how it went.
     *
     * @return why not, with the time until the next try
     */
    public synchronized Optional<Problem> admit(Gate gate) {
        Closed state = closed.get(gate);
        if (state == null) {
            return Optional.empty();
        }
        long now = ticker.nanos();
        if (now - state.nextTryNanos() >= 0) {
            // the caller may die on the way: the next try is due after another pause
            closed.put(
                    gate,
                    state.tried(
                            state.problem(), state.pause(), now + state.pause().toNanos(), true));
            return Optional.empty();
        }
        Problem problem = state.problem();
        return Optional.of(
                new Problem(problem.code(), problem.message(), Duration.ofNanos(state.nextTryNanos() - now)));
    }

    /** Makes the next try due at once, e.g. because the token has changed. */
    public synchronized void tryNow(Gate gate) {
        closed.computeIfPresent(
                gate, (key, state) -> state.tried(state.problem(), state.pause(), ticker.nanos(), false));
    }

    /** The closed gates by name. */
    public synchronized List<Blocked> blocked() {
        return closed.entrySet().stream()
                .map(entry -> new Blocked(
                        entry.getKey().name(),
                        entry.getValue().problem().message(),
                        entry.getValue().since(),
                        entry.getValue().starting()))
                .sorted(Comparator.comparing(Blocked::gate))
                .toList();
    }

    public synchronized @Nullable Problem problemOf(Gate gate) {
        Closed state = closed.get(gate);
        return state == null ? null : state.problem();
    }

    private static Duration doubled(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }
}
