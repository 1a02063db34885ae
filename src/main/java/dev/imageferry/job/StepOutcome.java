package dev.imageferry.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a step ended. Each carries the job with the facts that the step found; which state follows is decided by
 * {@link JobLifecycle} alone.
 */
public sealed interface StepOutcome {
    Job job();

    /**
     * The step did its work.
     *
     * @param next the state that the work leads to
     * @param detail for the history: what was done
     */
    record Advanced(Job job, JobState next, String detail) implements StepOutcome {}

    /**
     * Nothing is wrong, the other side needs time. Costs no attempt.
     *
     * @param pause until the next look
     * @param whyOrNull shown as the job's error while it waits; null where waiting is the normal course
     */
    record StillPending(Job job, Duration pause, @Nullable Problem whyOrNull) implements StepOutcome {
        public StillPending(Job job, Duration pause) {
            this(job, pause, null);
        }
    }

    /**
     * The receipt is written, and the file is where it belongs after the job.
     *
     * @param fileGone whether it has left the place where it was dropped
     */
    record Archived(Job job, boolean fileGone) implements StepOutcome {}

    /** Worth another try. Whether it is counted follows from the code. */
    record RetryLater(Job job, Problem problem) implements StepOutcome {}

    /** No further try can help. */
    record GaveUp(Job job, Problem problem) implements StepOutcome {}

    /** The step was stopped from outside (shutdown, lost lease). Costs no attempt. */
    record Interrupted(Job job, String reason) implements StepOutcome {}

    /** A user has cancelled the job. */
    static StepOutcome cancelled(Job job) {
        return of(job, new Problem(ErrorCode.CANCELLED, job.file() + " was cancelled by a user"));
    }

    /** What follows from the problem's code. */
    static StepOutcome of(Job job, Problem problem) {
        return switch (problem.code().consequence()) {
            case RETRY, WAIT -> new RetryLater(job, problem);
            case REJECT, FAIL, CANCEL -> new GaveUp(job, problem);
        };
    }
}
