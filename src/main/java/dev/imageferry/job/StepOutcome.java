package dev.imageferry.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a step ended, with the job as the step left it. {@link JobLifecycle} decides which state follows.
 */
public sealed interface StepOutcome {
    Job job();

    /**
     * The step succeeded.
     *
     * @param next the next state
     * @param detail the history detail: what was done
     */
    record Advanced(Job job, JobState next, String detail) implements StepOutcome {}

    /**
     * The other side needs more time. Uses up no attempt.
     *
     * @param pause the time until the next run
     * @param whyOrNull shown as the error of the job while it waits; null if waiting is normal
     */
    record StillPending(Job job, Duration pause, @Nullable Problem whyOrNull) implements StepOutcome {
        public StillPending(Job job, Duration pause) {
            this(job, pause, null);
        }
    }

    /**
     * The receipt is written and the file is archived.
     *
     * @param fileGone whether the file was moved or deleted from the place where it was dropped
     */
    record Archived(Job job, boolean fileGone) implements StepOutcome {}

    /** The step can be retried. The error code determines whether this uses up an attempt. */
    record RetryLater(Job job, Problem problem) implements StepOutcome {}

    /** A retry cannot help. */
    record GaveUp(Job job, Problem problem) implements StepOutcome {}

    /** The step was interrupted by a shutdown or a lost lease. Uses up no attempt. */
    record Interrupted(Job job, String reason) implements StepOutcome {}

    /** The outcome of a step whose job a user has cancelled. */
    static StepOutcome cancelled(Job job) {
        return of(job, new Problem(ErrorCode.CANCELLED, job.file() + " was cancelled by a user"));
    }

    /** The outcome that the consequence of the error code requires. */
    static StepOutcome of(Job job, Problem problem) {
        return switch (problem.code().consequence()) {
            case RETRY, WAIT -> new RetryLater(job, problem);
            case REJECT, FAIL, CANCEL -> new GaveUp(job, problem);
        };
    }
}
