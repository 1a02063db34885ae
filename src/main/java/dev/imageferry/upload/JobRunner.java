package dev.imageferry.upload;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.job.JobLifecycle.Decision;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.queue.DatabaseOutage;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.Lane;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/** Runs one claimed job: its step, the decision what follows, and the record of it. */
final class JobRunner {
    private static final Logger LOG = Logger.getLogger(JobRunner.class);

    /** In the log's MDC: the id of the job that a line is about. */
    static final String JOB = "job";

    private static final Duration ARCHIVE_PAUSE = Duration.ofSeconds(5);

    /** How long a job rests that ran into a bug of ours: a report can be made, and nothing is flooded. */
    private static final Duration BUG_PAUSE = Duration.ofMinutes(1);

    private final JobQueue queue;
    private final Steps steps;
    private final ArchiveFile archiveFile;
    private final JobLifecycle lifecycle;
    private final DatabaseRetry database;
    private final UploadMetrics metrics;

    JobRunner(
            JobQueue queue,
            Steps steps,
            ArchiveFile archiveFile,
            JobLifecycle lifecycle,
            DatabaseRetry database,
            UploadMetrics metrics) {
        this.queue = queue;
        this.steps = steps;
        this.archiveFile = archiveFile;
        this.lifecycle = lifecycle;
        this.database = database;
        this.metrics = metrics;
    }

    /**
     * Runs the job on the current thread, from its claim to the record.
     *
     * @return after how long it is due again; empty when nothing was recorded
     */
    Optional<Duration> run(Turn turn) {
        MDC.put(JOB, turn.job().id());
        try {
            return Optional.of(turn.lane() == Lane.ARCHIVE ? archive(turn) : step(turn));
        } catch (LeaseLostException e) {
            metrics.fencedWrites().increment();
            LOG.warnf("given up: %s", e.getMessage());
        } catch (RuntimeException e) {
            // the lease runs out, then the job is taken up from its last durable fact
            LOG.errorf(e, "bug: nothing could be written of job=%s", turn.job().id());
        } finally {
            MDC.remove(JOB);
        }
        return Optional.empty();
    }

    private Duration step(Turn turn) throws LeaseLostException {
        Job before = turn.job();
        StepOutcome outcome;
        turn.begin();
        try {
            outcome = steps.run(turn);
        } catch (InterruptedException e) {
            outcome = stopped(turn); // the interruption was for this run alone
        } catch (RuntimeException e) {
            outcome = StepOutcome.of(turn.job(), problemOf(turn, e));
        } finally {
            turn.finish();
        }
        Decision decision = lifecycle.decide(outcome);
        long lostBytes = lostBytes(before, outcome.job(), decision.job());
        if (lostBytes > 0) {
            turn.wasted(lostBytes, decision.job().error().map(Problem::code).orElse(ErrorCode.UPLOAD_INTERRUPTED));
        }
        Job after = record(turn, decision);
        // not before: what a lost lease had sent is booked by the instance that takes the job over
        metrics.stepEnded(before.state(), outcome);
        turn.wasted().forEach((code, bytes) -> metrics.wasted(bytes, code));
        metrics.arrived(before.metadata().regionOrNull(), arrivedBytes(before, decision.job()));
        tell(before, after, outcome, decision);
        return decision.pause();
    }

    /**
     * Bytes of a PUT without an answer that are now known not to have arrived: they are sent again, or the job ends without them.
     *
     * @param before the job at the beginning of the run
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

    /** Bytes of a PUT without an answer that are now known to have arrived. */
    private static long arrivedBytes(Job before, Job after) {
        return switch (after.state()) {
            case PROCESSING, REPLICATING, AVAILABLE ->
                before.bytesInDoubt() > 0 ? before.fingerprint().bytes() : 0;
            case QUEUED, CHECKING, READY, UPLOADING, REJECTED, FAILED, CANCELLED -> 0;
        };
    }

    private Duration archive(Turn turn) throws LeaseLostException {
        ArchiveFile.Result result;
        turn.begin();
        try {
            result = archiveFile.run(turn);
        } catch (InterruptedException e) {
            result = new ArchiveFile.Result.Hindered(
                    new Problem(ErrorCode.INSTANCE_LOST, "archiving was interrupted", Duration.ZERO));
        } catch (RuntimeException e) {
            result = new ArchiveFile.Result.Hindered(problemOf(turn, e));
        } finally {
            turn.finish();
        }
        Job job = turn.job();
        return switch (result) {
            case ArchiveFile.Result.Archived archived -> {
                repeated(turn, () -> queue.recordArchived(job, archived.fileGone()));
                LOG.infof(
                        "archived job=%s file=%s as=%s", job.id(), job.file(), String.valueOf(job.archiveNameOrNull()));
                yield Duration.ZERO;
            }
            case ArchiveFile.Result.Hindered(Problem problem) -> {
                Duration pause = problem.retryAfter().orElse(ARCHIVE_PAUSE);
                LOG.warnf("not archived yet job=%s file=%s reason=%s", job.id(), job.file(), problem.message());
                repeated(turn, () -> queue.record(JobLifecycle.archiveLater(job, pause), 0));
                yield pause;
            }
        };
    }

    private static StepOutcome stopped(Turn turn) {
        Turn.Stop stop = turn.stop();
        return stop == Turn.Stop.CANCEL_REQUESTED
                ? Steps.cancelled(turn.job())
                : new StepOutcome.Interrupted(
                        turn.job(), "interrupted: " + (stop == null ? "the thread was interrupted" : stop.words()));
    }

    private Problem problemOf(Turn turn, RuntimeException failure) {
        Optional<Problem> outage = database.closeGate(failure);
        if (outage.isPresent()) {
            return outage.get();
        }
        Job job = turn.job();
        LOG.errorf(failure, "bug job=%s file=%s state=%s", job.id(), job.file(), job.state());
        return new Problem(
                ErrorCode.INSTANCE_LOST,
                "A bug in Imageferry stopped the work on this file. It is tried again every "
                        + BUG_PAUSE.toSeconds()
                        + " s, which does not use up retries. Please report it with the stack trace from the log.",
                BUG_PAUSE);
    }

    /** A result that the database refuses for what is in it is a bug too: then the job waits with that as its reason. */
    private Job record(Turn turn, Decision decision) throws LeaseLostException {
        long wastedBytes =
                turn.wasted().values().stream().mapToLong(Long::longValue).sum();
        try {
            return repeated(turn, () -> queue.record(decision, wastedBytes));
        } catch (RuntimeException e) {
            if (DatabaseOutage.of(e).isPresent()) {
                throw e;
            }
            Decision waiting = lifecycle.decide(StepOutcome.of(turn.job(), problemOf(turn, e)));
            return repeated(turn, () -> queue.record(waiting, wastedBytes));
        }
    }

    /**
     * Writes again and again until the database answers. A write whose answer was lost may have been done: the row tells, before
     * its silence is taken for a lost lease.
     */
    private Job repeated(Turn turn, Supplier<Optional<Job>> write) throws LeaseLostException {
        Optional<Job> written = turn.inDatabase(write);
        if (written.isEmpty()) {
            written = turn.inDatabase(() -> queue.givenBack(turn.job()));
        }
        return written.orElseThrow(() -> new LeaseLostException(turn.job().id()));
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
                    job.file(),
                    after.state(),
                    after.attempt(),
                    decision.pause(),
                    problem.code(),
                    problem.message());
        }
    }

    private static boolean isFailure(Job job) {
        return switch (job.state()) {
            case FAILED, CANCELLED, REJECTED -> true;
            case QUEUED, CHECKING, READY, UPLOADING, PROCESSING, REPLICATING, AVAILABLE -> false;
        };
    }

    /** One line for each transition; the ends that somebody has to look at are warnings. */
    static void logTransition(Job job, JobState from, @Nullable String detail) {
        Logger.Level level = job.state() == JobState.FAILED || job.state() == JobState.REJECTED
                ? Logger.Level.WARN
                : Logger.Level.INFO;
        LOG.logf(
                level,
                "job=%s file=%s from=%s to=%s attempt=%d detail=%s",
                job.id(),
                job.file(),
                from,
                job.state(),
                job.attempt(),
                Objects.toString(detail));
    }
}
