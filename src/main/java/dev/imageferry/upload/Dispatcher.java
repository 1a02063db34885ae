package dev.imageferry.upload;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.job.JobLifecycle.Decision;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.queue.Claim;
import dev.imageferry.queue.DatabaseOutage;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.Lane;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/**
 * Claims due jobs as slots get free and runs one step of each on a thread of its own. Woken by whoever makes work; looks
 * by itself once a second, for the work of other instances.
 */
final class Dispatcher {
    private static final Logger LOG = Logger.getLogger(Dispatcher.class);
    /** In the log's MDC: the id of the job that a line is about. */
    static final String JOB = "job";

    private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
    private static final Duration ARCHIVE_PAUSE = Duration.ofSeconds(5);
    private static final Duration RECORD_PAUSE = Duration.ofMillis(500);
    /** What stays to be done after the grace: cutting connections, writing results, a file move. */
    private static final Duration LAST_WRITES = Duration.ofSeconds(15);

    private final JobQueue queue;
    private final UUID folderId;
    private final Steps steps;
    private final ArchiveFile archiveFile;
    private final JobLifecycle lifecycle;
    private final HeldJobs held;
    private final Gates gates;
    private final UploadMetrics metrics;
    private final Changes changes;
    private final Map<Lane, Integer> slots;
    private final Map<Lane, AtomicInteger> running = new EnumMap<>(Lane.class);
    private final Thread thread;

    private final Object bell = new Object();
    private boolean rung;
    private long wakeAtNanos;
    private volatile boolean draining;

    Dispatcher(
            JobQueue queue,
            UUID folderId,
            Steps steps,
            ArchiveFile archiveFile,
            JobLifecycle lifecycle,
            HeldJobs held,
            Gates gates,
            UploadMetrics metrics,
            Changes changes,
            Map<Lane, Integer> slots) {
        this.queue = queue;
        this.folderId = folderId;
        this.steps = steps;
        this.archiveFile = archiveFile;
        this.lifecycle = lifecycle;
        this.held = held;
        this.gates = gates;
        this.metrics = metrics;
        this.changes = changes;
        this.slots = Map.copyOf(slots);
        for (Lane lane : Lane.values()) {
            running.put(lane, new AtomicInteger());
        }
        this.thread = Thread.ofPlatform().name("imageferry-dispatcher").daemon().unstarted(this::loop);
    }

    void start() {
        thread.start();
    }

    /** There may be work. */
    void ring() {
        synchronized (bell) {
            rung = true;
            bell.notifyAll();
        }
    }

    private void ringIn(Duration pause) {
        synchronized (bell) {
            wakeAtNanos = Math.min(wakeAtNanos, System.nanoTime() + pause.toNanos());
            bell.notifyAll();
        }
    }

    private void awaitBell() throws InterruptedException {
        synchronized (bell) {
            while (!rung && System.nanoTime() - wakeAtNanos < 0) {
                bell.wait(Math.max(1, (wakeAtNanos - System.nanoTime()) / 1_000_000));
            }
            rung = false;
            long now = System.nanoTime();
            if (now - wakeAtNanos >= 0) {
                wakeAtNanos = now + LOOK_NANOS; // else a pause that somebody asked for is still to come
            }
        }
    }

    private void loop() {
        try {
            while (!draining) {
                dispatch();
                awaitBell();
            }
        } catch (InterruptedException e) {
            LOG.debug("dispatcher ended"); // only by stop()
        }
    }

    private void dispatch() {
        for (Lane lane : Lane.values()) {
            int free = slots.getOrDefault(lane, 0) - running(lane).get();
            if (free > 0 && !draining && isOpen(lane)) {
                try {
                    queue.claim(lane, folderId, free).forEach(claim -> begin(claim, lane));
                } catch (RuntimeException e) {
                    cannotClaim(e);
                    return;
                }
            }
        }
    }

    private void cannotClaim(RuntimeException failure) {
        Optional<Problem> outage = DatabaseOutage.of(failure);
        if (outage.isPresent()) {
            gates.close(Gate.DATABASE, outage.get());
        } else {
            LOG.error("a bug keeps jobs from being claimed; tried again in a second", failure);
        }
    }

    private boolean isOpen(Lane lane) {
        List<Gate> needed = switch (lane) {
            case CANCEL -> List.of(Gate.DATABASE);
            case CHECK, ARCHIVE -> List.of(Gate.DATABASE, Gate.FOLDER);
            case UPLOAD -> List.of(Gate.DATABASE, Gate.FOLDER, Gate.API, Gate.TOKEN);
            case AWAIT -> List.of(Gate.DATABASE, Gate.API, Gate.TOKEN);
        };
        return needed.stream().allMatch(gates::isOpen);
    }

    private AtomicInteger running(Lane lane) {
        return Objects.requireNonNull(running.get(lane));
    }

    private void begin(Claim claim, Lane lane) {
        MDC.put(JOB, claim.job().id());
        try {
            beginMarked(claim, lane);
        } finally {
            MDC.remove(JOB);
        }
    }

    private void beginMarked(Claim claim, Lane lane) {
        Job job = claim.job();
        if (claim.from() != job.state()) {
            metrics.transition(claim.from(), job.state());
            logTransition(job, claim.from(), "claimed");
            if (claim.from() == JobState.QUEUED) {
                metrics.queueWait().record(Duration.between(job.createdAt(), job.updatedAt()));
            }
        }
        if (claim.lostInstanceOrNull() != null) {
            metrics.takeovers().increment();
            metrics.wasted(claim.lostBytes(), ErrorCode.INSTANCE_LOST);
            LOG.infof(
                    "taken over job=%s file=%s from=%s", job.id(), LogText.of(job.file()), claim.lostInstanceOrNull());
        }
        Turn turn = new Turn(job, lane, queue);
        running(lane).incrementAndGet();
        held.add(turn);
        changes.happened();
        Thread.ofPlatform()
                .name("imageferry-" + lane.name().toLowerCase(Locale.ROOT) + "-" + job.id())
                .daemon()
                .start(() -> run(turn));
    }

    /** On a thread of its own, which ends with the turn: the mark on its log lines needs no removal. */
    private void run(Turn turn) {
        MDC.put(JOB, turn.job().id());
        try {
            if (turn.lane() == Lane.ARCHIVE) {
                archive(turn);
            } else {
                step(turn);
            }
        } catch (LeaseLostException e) {
            metrics.fencedWrites().increment();
            LOG.warnf("given up: %s", e.getMessage());
        } catch (RuntimeException e) {
            // the lease runs out, then the job is taken up from its last durable fact
            LOG.errorf(e, "bug: nothing could be written of job=%s", turn.job().id());
        } finally {
            held.remove(turn);
            running(turn.lane()).decrementAndGet();
            turn.hasEnded();
            changes.happened();
            ring();
        }
    }

    private void step(Turn turn) throws LeaseLostException {
        Job before = turn.job();
        StepOutcome outcome;
        turn.begin();
        try {
            outcome = steps.run(turn);
        } catch (InterruptedException e) {
            outcome = stopped(turn); // the interruption was for this turn alone
        } catch (RuntimeException e) {
            outcome = failed(turn, e);
        } finally {
            turn.finish();
        }
        Decision decision = lifecycle.decide(outcome);
        long lostBytes = lostBytes(before, outcome.job(), decision.job());
        if (lostBytes > 0) {
            turn.wasted(lostBytes, decision.job().error().map(Problem::code).orElse(ErrorCode.UPLOAD_INTERRUPTED));
        }
        Optional<Job> recorded = recordAgainAndAgain(turn, () -> queue.record(decision, turn.wastedBytes()));
        if (recorded.isEmpty()) {
            throw new LeaseLostException(before.id());
        }
        // not before: what a lost lease had sent is booked by whoever takes the job over
        metrics.stepEnded(before.state(), outcome);
        if (turn.wastedBytes() > 0) {
            metrics.wasted(turn.wastedBytes(), Objects.requireNonNull(turn.wastedBy()));
        }
        metrics.arrived(before.metadata().regionOrNull(), arrivedBytes(before, decision.job()));
        tell(before, recorded.get(), outcome, decision);
    }

    /**
     * Bytes of a PUT without an answer of which it is known now that they did not arrive: they are sent again, or the job ends
     * without them.
     *
     * @param before the job at the beginning of the turn
     * @param found with what the step found
     * @param after with its next state
     */
    private static long lostBytes(Job before, Job found, Job after) {
        return switch (after.state()) {
            case UPLOADING -> after.bytesInDoubt() == 0 ? before.bytesInDoubt() : 0;
            case FAILED, REJECTED, CANCELLED -> Math.max(before.bytesInDoubt(), found.bytesInDoubt());
            case QUEUED, CHECKING, READY, PROCESSING, REPLICATING, AVAILABLE -> 0;
        };
    }

    /** Bytes of a PUT without an answer of which it is known now that all arrived. */
    private static long arrivedBytes(Job before, Job after) {
        return switch (after.state()) {
            case PROCESSING, REPLICATING, AVAILABLE ->
                before.bytesInDoubt() > 0 ? before.fingerprint().bytes() : 0;
            case QUEUED, CHECKING, READY, UPLOADING, REJECTED, FAILED, CANCELLED -> 0;
        };
    }

    private void archive(Turn turn) throws LeaseLostException {
        Optional<Problem> hindrance;
        turn.begin();
        try {
            hindrance = archiveFile.run(turn);
        } catch (InterruptedException e) {
            hindrance = Optional.of(new Problem(ErrorCode.INSTANCE_LOST, "archiving was interrupted", Duration.ZERO));
        } catch (RuntimeException e) {
            hindrance = Optional.of(problemOf(turn, e));
        } finally {
            turn.finish();
        }
        Job job = turn.job();
        Optional<Job> recorded;
        if (hindrance.isEmpty()) {
            recorded = recordAgainAndAgain(turn, () -> queue.recordArchived(job));
            LOG.infof(
                    "archived job=%s file=%s as=%s",
                    job.id(), LogText.of(job.file()), LogText.of(String.valueOf(job.archiveNameOrNull())));
        } else {
            Problem problem = hindrance.get();
            Duration pause = problem.retryAfter().orElse(ARCHIVE_PAUSE);
            LOG.warnf(
                    "not archived yet job=%s file=%s reason=%s",
                    job.id(), LogText.of(job.file()), LogText.of(problem.message()));
            recorded = recordAgainAndAgain(
                    turn, () -> queue.record(JobLifecycle.archiveLater(job, pause), turn.wastedBytes()));
        }
        if (recorded.isEmpty()) {
            throw new LeaseLostException(job.id());
        }
    }

    private static StepOutcome stopped(Turn turn) {
        Turn.Stop stop = turn.stop();
        return stop == Turn.Stop.CANCEL_REQUESTED
                ? Steps.cancelled(turn.job())
                : new StepOutcome.Interrupted(
                        turn.job(), "interrupted: " + (stop == null ? "the thread was interrupted" : stop.words()));
    }

    private StepOutcome failed(Turn turn, RuntimeException failure) {
        return StepOutcome.of(turn.job(), problemOf(turn, failure));
    }

    private Problem problemOf(Turn turn, RuntimeException failure) {
        Optional<Problem> outage = DatabaseOutage.of(failure);
        if (outage.isPresent()) {
            gates.close(Gate.DATABASE, outage.get());
            return outage.get();
        }
        Job job = turn.job();
        LOG.errorf(failure, "bug job=%s file=%s state=%s", job.id(), LogText.of(job.file()), job.state());
        return new Problem(
                ErrorCode.LINODE_ERROR,
                "a bug in Imageferry stopped " + job.file() + " ("
                        + failure.getClass().getSimpleName() + "): please report it with the log's stack trace");
    }

    private interface Write {
        Optional<Job> write();
    }

    /** A result is not thrown away because the database is away: as long as the lease is ours it is tried again. */
    private Optional<Job> recordAgainAndAgain(Turn turn, Write write) {
        while (true) {
            if (turn.stop() == Turn.Stop.LEASE_LOST) {
                return Optional.empty();
            }
            try {
                return write.write();
            } catch (RuntimeException e) {
                gates.close(Gate.DATABASE, DatabaseOutage.of(e).orElseThrow(() -> e));
            }
            try {
                Thread.sleep(RECORD_PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // nobody interrupts a finished turn but the end of the process
                return Optional.empty();
            }
        }
    }

    private void tell(Job before, Job after, StepOutcome outcome, Decision decision) {
        if (after.state() != before.state()) {
            metrics.transition(before.state(), after.state());
            logTransition(after, before.state(), decision.historyOrNull());
            if (before.state() == JobState.PROCESSING && !isFailure(after)) {
                metrics.processing().record(Duration.between(before.stateSince(), after.updatedAt()));
            }
            if (after.state().isEnd()) {
                metrics.finished(after.state(), after.error().map(Problem::code).orElse(null));
            }
            if (after.state() == JobState.AVAILABLE) {
                metrics.job().record(Duration.between(after.createdAt(), after.updatedAt()));
            }
        } else if (outcome instanceof StepOutcome.RetryLater(Job job, Problem problem)) {
            LOG.warnf(
                    "retry job=%s file=%s state=%s attempt=%d in=%s code=%s reason=%s",
                    job.id(),
                    LogText.of(job.file()),
                    after.state(),
                    after.attempt(),
                    decision.pause(),
                    problem.code(),
                    LogText.of(problem.message()));
        }
        ringIn(decision.pause());
    }

    private static boolean isFailure(Job job) {
        return switch (job.state()) {
            case FAILED, CANCELLED, REJECTED -> true;
            case QUEUED, CHECKING, READY, UPLOADING, PROCESSING, REPLICATING, AVAILABLE -> false;
        };
    }

    private static void logTransition(Job job, JobState from, @Nullable String detail) {
        LOG.infof(
                "job=%s file=%s from=%s to=%s attempt=%d detail=%s",
                job.id(), LogText.of(job.file()), from, job.state(), job.attempt(), LogText.of(String.valueOf(detail)));
    }

    /**
     * Takes no new work, gives uploads the grace, interrupts the rest, and waits until everything is written. Leases are
     * renewed meanwhile.
     */
    void drain(Duration grace) throws InterruptedException {
        draining = true;
        ring();
        thread.join();
        held.all().stream()
                .filter(turn -> turn.lane() == Lane.CHECK || turn.lane() == Lane.AWAIT)
                .forEach(turn -> turn.stop(Turn.Stop.SHUTDOWN));
        awaitAll(grace);
        held.all().forEach(turn -> turn.stop(Turn.Stop.SHUTDOWN));
        awaitAll(LAST_WRITES);
    }

    private void awaitAll(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        for (Turn turn : held.all()) {
            if (!turn.awaitEnd(Math.max(0, end - System.nanoTime()))) {
                return;
            }
        }
    }
}
