package dev.imageferry.worker;

import dev.imageferry.job.Problem;
import dev.imageferry.job.Ticker;
import dev.imageferry.queue.Lane;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Records which gates are closed, why, and when each may be tried again. Only one caller tries a closed gate at a time, and
 * the pauses between tries double up to a limit.
 */
public final class Gates {
    /** Pause between two tries of a full account. */
    public static final Duration QUOTA_PAUSE = Duration.ofMinutes(5);

    private static final Logger LOG = Logger.getLogger(Gates.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    /** How long a reason is not logged again, because reasons can alternate. */
    private static final Duration LOG_REASON_EVERY = Duration.ofMinutes(5);

    private final InstantSource clock;
    private final Ticker ticker;
    private final Map<Gate, Closed> closed = new HashMap<>();
    private final Map<Gate, List<Runnable>> beforeOpening = new HashMap<>();

    /**
     * Starts with all gates open.
     *
     * @param clock dates the closing of a gate
     * @param ticker measures the pauses
     */
    public Gates(InstantSource clock, Ticker ticker) {
        this.clock = clock;
        this.ticker = ticker;
    }

    /**
     * A closed gate. Nanoseconds are values of the ticker.
     *
     * @param trying whether a caller was admitted and has not reported its result yet
     * @param starting whether the gate is closed only because the daemon is starting
     * @param logged when each reason was last logged
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

    /** Runs the action each time before this gate opens. The action must be quick. */
    public synchronized void beforeOpening(Gate gate, Runnable action) {
        beforeOpening.computeIfAbsent(gate, none -> new ArrayList<>()).add(action);
    }

    /** Closes the gate until it is tried for the first time. This does not count as an outage. */
    public synchronized void starting(Gate gate, Problem notAskedYet) {
        Problem shown = new Problem(notAskedYet.code(), "starting: " + notAskedYet.message());
        long now = ticker.nanos();
        closed.put(gate, new Closed(shown, clock.instant(), now, FIRST_PAUSE, now, false, true, new HashMap<>()));
    }

    /** Closes the gate, or keeps it closed and doubles the pause if a try has failed. */
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
            // several callers failed at the same time: the pause stays, unless this one has to wait longer
            long asked = now + problem.retryAfter().orElse(Duration.ZERO).toNanos();
            long nextTry = asked - before.nextTryNanos() > 0 ? asked : before.nextTryNanos();
            closed.put(gate, before.tried(problem, before.pause(), nextTry, false));
        }
        log(gate, problem.message(), before.logged(), now);
    }

    private static void log(Gate gate, String reason, Map<String, Long> logged, long now) {
        Long before = logged.get(reason);
        boolean repeated = before != null && now - before < LOG_REASON_EVERY.toNanos();
        logged.entrySet().removeIf(entry -> now - entry.getValue() >= LOG_REASON_EVERY.toNanos());
        logged.put(reason, now);
        if (!repeated) {
            LOG.warnf("gate closed gate=%s reason=%s", gate.name(), reason);
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
        beforeOpening.getOrDefault(gate, List.of()).forEach(Runnable::run);
        closed.remove(gate);
        if (!before.starting()) {
            LOG.infof(
                    "gate opened gate=%s closed_for=%s",
                    gate.name(), Duration.ofNanos(ticker.nanos() - before.sinceNanos()));
        }
    }

    public synchronized boolean isOpen(Gate gate) {
        return !closed.containsKey(gate);
    }

    /** Whether all gates are open that the jobs of a lane need. */
    boolean areOpen(Lane lane) {
        List<Gate> needed = switch (lane) {
            case CANCEL -> List.of(Gate.DATABASE);
            case CHECK, ARCHIVE -> List.of(Gate.DATABASE, Gate.FOLDER);
            case UPLOAD -> List.of(Gate.DATABASE, Gate.FOLDER, Gate.API, Gate.TOKEN);
            case AWAIT -> List.of(Gate.DATABASE, Gate.API, Gate.TOKEN);
        };
        return needed.stream().allMatch(this::isOpen);
    }

    /** Whether the gate is closed because of a failure, and not only because the daemon is starting. */
    public synchronized boolean isOutage(Gate gate) {
        Closed state = closed.get(gate);
        return state != null && !state.starting();
    }

    /**
     * Admits every caller if the gate is open. If it is closed, admits one caller when the next try is due. This caller must
     * report the result with {@link #open} or {@link #close}.
     *
     * @return why the caller is not admitted, with the time until the next try; empty if it is
     */
    public synchronized Optional<Problem> admit(Gate gate) {
        Closed state = closed.get(gate);
        if (state == null) {
            return Optional.empty();
        }
        long now = ticker.nanos();
        if (now - state.nextTryNanos() >= 0) {
            // if the caller never reports a result, the next try is due after another pause
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

    /** Makes the next try due now, for example because the token has changed. */
    public synchronized void tryNow(Gate gate) {
        closed.computeIfPresent(
                gate, (key, state) -> state.tried(state.problem(), state.pause(), ticker.nanos(), false));
    }

    /** The closed gates, sorted by name. */
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
