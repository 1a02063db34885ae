package dev.imageferry.worker;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.job.JobLifecycle.Decision;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.job.Transfer;
import dev.imageferry.queue.Claim;
import dev.imageferry.queue.DatabaseOutage;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.Lane;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/** Runs one step of a claimed job, decides the next state and records the result. */
public final class JobRunner {
    private static final Logger LOG = Logger.getLogger(JobRunner.class);

    /** MDC key for the id of the job that a log line is about. */
    public static final String JOB = "job";

    /** Pause of a job after a bug, long enough not to flood the log. */
    private static final Duration BUG_PAUSE = Duration.ofMinutes(1);

    private final JobQueue queue;
    private final Step step;
    private final JobLifecycle lifecycle;
    private final DatabaseRetry database;
    private final Gates gates;
    private final Slots slots;
    private final JobListener listener;

    public JobRunner(
            JobQueue queue,
            Step step,
            JobLifecycle lifecycle,
            DatabaseRetry database,
            Gates gates,
            Slots slots,
            JobListener listener) {
        this.queue = queue;
        this.step = step;
        this.lifecycle = lifecycle;
        this.database = database;
        this.gates = gates;
        this.slots = slots;
        this.listener = listener;
    }

    /**
     * Runs the job on the current thread. If the result keeps the lease, a slot of the next lane is taken, and the caller must run
     * the next step.
     *
     * @return what was recorded; empty if nothing was
     */
    public Optional<StepResult> run(JobRun run) {
        MDC.put(JOB, run.job().id());
        try {
            Job before = run.job();
            StepOutcome outcome = outcome(run);
            StepResult result = record(run, before, outcome);
            listener.recorded(result);
            Claim next = result.nextOrNull();
            if (next != null) {
                listener.claimed(next);
            }
            return Optional.of(result);
        } catch (LeaseLostException e) {
            // the instance that took over the job counts the bytes that this run sent
            listener.leaseLost(run.job());
        } catch (RuntimeException e) {
            LOG.errorf(
                    e,
                    "bug: no result recorded, the lease will expire job=%s",
                    run.job().id());
        } finally {
            MDC.remove(JOB);
        }
        return Optional.empty();
    }

    private StepOutcome outcome(JobRun run) throws LeaseLostException {
        run.begin();
        try {
            return step.run(run);
        } catch (InterruptedException e) {
            return stopped(run); // do not restore the interrupt: it was meant for this run only
        } catch (RuntimeException e) {
            return StepOutcome.of(run.job(), problemOf(run, e));
        } finally {
            run.finish();
        }
    }

    private static StepOutcome stopped(JobRun run) {
        JobRun.StopReason reason = run.stopReason();
        return reason == JobRun.StopReason.CANCEL_REQUESTED
                        && !run.job().state().isEnd()
                ? StepOutcome.cancelled(run.job())
                : new StepOutcome.Interrupted(
                        run.job(),
                        "interrupted: " + (reason == null ? "the thread was interrupted" : reason.description()));
    }

    private Problem problemOf(JobRun run, RuntimeException failure) {
        Optional<Problem> outage = database.closeGate(failure);
        if (outage.isPresent()) {
            return outage.get();
        }
        Job job = run.job();
        LOG.errorf(failure, "bug job=%s file=%s state=%s", job.id(), job.file(), job.state());
        return new Problem(
                ErrorCode.INSTANCE_LOST,
                "A bug in Imageferry stopped this job. Retrying every " + BUG_PAUSE.toSeconds()
                        + " s, which does not use up retries. Please report it with the stack trace from the log.",
                BUG_PAUSE);
    }

    /** Records the result. If the database rejects its content, which is a bug, records the bug instead. */
    private StepResult record(JobRun run, Job before, StepOutcome outcome) throws LeaseLostException {
        try {
            return write(run, before, outcome);
        } catch (RuntimeException e) {
            if (DatabaseOutage.of(e).isPresent()) {
                throw e;
            }
            return write(run, before, StepOutcome.of(run.job(), problemOf(run, e)));
        }
    }

    private StepResult write(JobRun run, Job before, StepOutcome outcome) throws LeaseLostException {
        Decision decision = lifecycle.decide(outcome);
        Transfer transfer = Transfer.of(before, outcome.job(), decision.job(), run.wasted());
        Job written = outcome instanceof StepOutcome.Archived archived
                ? untilAnswered(run, archived.job(), () -> queue.recordArchived(archived.job(), archived.fileGone()))
                : record(run, decision, transfer.wastedTotal());
        JobState next = decision.job().state();
        return new StepResult(
                before,
                written.beforeClaim(next, decision.job().attempt()),
                outcome,
                decision.pause(),
                decision.historyOrNull(),
                transfer,
                written.instanceOrNull() == null ? null : new Claim(written, next, null, 0));
    }

    private Job record(JobRun run, Decision decision, long wastedBytes) throws LeaseLostException {
        if (!takeSlotOfNextStep(decision)) {
            return untilAnswered(run, decision.job(), () -> queue.record(decision, wastedBytes));
        }
        boolean kept = false;
        try {
            Job written = untilAnswered(run, decision.job(), () -> queue.recordAndContinue(decision, wastedBytes));
            kept = written.instanceOrNull() != null;
            return written;
        } finally {
            if (!kept) {
                slots.release(Lane.of(decision.job().state()));
            }
        }
    }

    /** Takes a slot for the next step; false if it is not due yet, or this instance cannot run it at once. */
    private boolean takeSlotOfNextStep(Decision decision) {
        JobState next = decision.job().state();
        Lane lane = Lane.of(next);
        if (next == decision.from() || !decision.pause().isZero() || !gates.areOpen(lane)) {
            return false;
        }
        // other jobs that are READY can have a higher priority
        return lane == Lane.UPLOAD ? slots.takeIfNoneWait(lane) : slots.take(lane);
    }

    /**
     * Repeats the write until the database answers. If the first write was committed and only its answer was lost, the repeated
     * write changes nothing, and the row shows the result.
     */
    private Job untilAnswered(JobRun run, Job decided, Supplier<Optional<Job>> write) throws LeaseLostException {
        Optional<Job> written = run.inDatabase(write);
        if (written.isEmpty()) {
            written = run.inDatabase(() -> queue.recorded(decided));
        }
        return written.orElseThrow(() -> new LeaseLostException(run.job().id()));
    }
}
