package dev.imageferry.job;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides the next state of a job. No other class does.
 *
 * <pre>
 * QUEUED → (CONVERTING) → CHECKING → READY → UPLOADING → PROCESSING → (REPLICATING) → AVAILABLE
 *               └───────────┴→ REJECTED       └────────────┴──────────────┴→ FAILED, CANCELLED
 * </pre>
 *
 * A user can cancel a job in every state before the end, and retry a job that FAILED or was REJECTED or CANCELLED.
 */
public final class JobLifecycle {
    /** How long a job waits for a gate or a rate limit if the other side did not name a time. */
    private static final Duration UNCOUNTED_PAUSE = Duration.ofSeconds(2);

    private static final Duration ARCHIVE_PAUSE = Duration.ofSeconds(5);

    private final RetryPolicy retryPolicy;
    private final RandomGenerator random;

    public JobLifecycle(RetryPolicy retryPolicy, RandomGenerator random) {
        this.retryPolicy = retryPolicy;
        this.random = random;
    }

    /**
     * The change to write.
     *
     * @param job the job with its next state, attempt and error
     * @param from the state before the step
     * @param pause the time until the job can be claimed again
     * @param historyOrNull the detail of the new history entry; null for no entry
     */
    public record Decision(
            Job job,
            JobState from,
            Duration pause,
            @Nullable String historyOrNull) {
        /** Rejects a change of state that {@link JobState#successors} does not allow. */
        public Decision {
            from.requireSuccessor(job.state());
        }
    }

    public Decision decide(StepOutcome outcome) {
        Job job = outcome.job();
        if (job.state().isEnd()) {
            return new Decision(job, job.state(), pauseOfArchiving(outcome), null);
        }
        return switch (outcome) {
            case StepOutcome.Archived archived ->
                throw new IllegalStateException("job " + job.id() + " is archived as " + job.state());
            case StepOutcome.Advanced advanced ->
                new Decision(
                        job.placed(advanced.next(), firstAttempt(job, advanced.next()), null),
                        job.state(),
                        Duration.ZERO,
                        advanced.detail());
            case StepOutcome.StillPending pending ->
                new Decision(
                        job.placed(job.state(), job.attempt(), pending.whyOrNull()),
                        job.state(),
                        pending.pause(),
                        null);
            case StepOutcome.Interrupted interrupted ->
                new Decision(
                        job.placed(job.state(), job.attempt(), job.errorOrNull()),
                        job.state(),
                        Duration.ZERO,
                        interrupted.reason());
            case StepOutcome.RetryLater retry -> retryOrFail(job, retry.problem());
            case StepOutcome.GaveUp gaveUp -> end(job, gaveUp.problem());
        };
    }

    /** Whether a user can retry the job. */
    public static boolean isRetryable(Job job) {
        return isRetryable(job.state(), job.error().map(Problem::code).orElse(null));
    }

    /** Whether a user can retry a job with this state and error. */
    public static boolean isRetryable(JobState state, @Nullable ErrorCode error) {
        return switch (state) {
            case FAILED, REJECTED -> true;
            case CANCELLED -> error == ErrorCode.CANCELLED || error == ErrorCode.IMAGE_VANISHED;
            case QUEUED, CONVERTING, CHECKING, READY, UPLOADING, PROCESSING, REPLICATING, AVAILABLE -> false;
        };
    }

    /**
     * Returns an ended job as it continues after a user retries it, with all attempts. If its image is available, only the missing
     * copies are requested. If the file has not changed since the check, only the upload is repeated.
     *
     * @param file the current fingerprint of the file
     * @param metadataOrNull the current metadata, or null if it is invalid, which the check then reports; an image that is
     *     available uses only its regions
     */
    public static Job retried(Job job, FileFingerprint file, @Nullable ImageMetadata metadataOrNull) {
        Job again = withAllAttempts(job, file, metadataOrNull);
        job.state().requireSuccessor(again.state());
        return again;
    }

    private static Job withAllAttempts(Job job, FileFingerprint file, @Nullable ImageMetadata metadataOrNull) {
        // a file whose content differs from the check result must be checked again, even if its fingerprint is the same
        boolean checkIsStale = job.error()
                .filter(error -> error.code() == ErrorCode.UPLOAD_CORRUPTED)
                .isPresent();
        Job again = checkIsStale ? job.withFile(file).unchecked() : job.withFile(file);
        if (job.image().isAvailable()) {
            Job copying = metadataOrNull == null
                    ? again
                    : again.withMetadata(job.metadata().withReplicateTo(metadataOrNull.replicateTo()));
            return copying.placed(JobState.REPLICATING, 0, null);
        }
        again = again.withImage(job.image().gone());
        return metadataOrNull == null
                ? again.placed(JobState.QUEUED, 0, null)
                : again.withMetadata(metadataOrNull)
                        .placed(again.checked().isPresent() ? JobState.READY : JobState.QUEUED, 0, null);
    }

    /** An ended job keeps its outcome and error. Archiving is repeated until it succeeds. */
    private static Duration pauseOfArchiving(StepOutcome outcome) {
        return switch (outcome) {
            case StepOutcome.Archived archived -> Duration.ZERO;
            case StepOutcome.Interrupted interrupted -> Duration.ZERO;
            case StepOutcome.RetryLater retry -> retry.problem().retryAfter().orElse(ARCHIVE_PAUSE);
            case StepOutcome.GaveUp gaveUp -> gaveUp.problem().retryAfter().orElse(ARCHIVE_PAUSE);
            case StepOutcome.StillPending pending -> pending.pause();
            case StepOutcome.Advanced advanced ->
                throw new IllegalStateException("job " + outcome.job().id() + " has ended and cannot advance");
        };
    }

    private Decision retryOrFail(Job job, Problem problem) {
        String detail = line(problem);
        if (problem.code().consequence() != ErrorCode.Consequence.RETRY) {
            return new Decision(
                    job.placed(job.state(), job.attempt(), problem),
                    job.state(),
                    problem.retryAfter().orElse(UNCOUNTED_PAUSE),
                    detail);
        }
        if (job.attempt() >= retryPolicy.maxAttempts()) {
            return new Decision(
                    job.placed(JobState.FAILED, job.attempt(), problem), job.state(), Duration.ZERO, detail);
        }
        Duration pause = problem.retryAfter().orElseGet(() -> retryPolicy.delayAfter(job.attempt(), random));
        return new Decision(job.placed(job.state(), job.attempt() + 1, problem), job.state(), pause, detail);
    }

    private static Decision end(Job job, Problem problem) {
        JobState end = switch (problem.code().consequence()) {
            case REJECT -> JobState.REJECTED;
            case CANCEL -> JobState.CANCELLED;
            case FAIL, RETRY, WAIT -> JobState.FAILED;
        };
        return new Decision(job.placed(end, job.attempt(), problem), job.state(), Duration.ZERO, line(problem));
    }

    /** Attempts start at 1 in each state, and at 0 while a job waits for its first run. */
    private static int firstAttempt(Job job, JobState next) {
        return switch (next) {
            case QUEUED, READY -> 0;
            case CONVERTING, CHECKING, UPLOADING, PROCESSING, REPLICATING -> next == job.state() ? job.attempt() : 1;
            case AVAILABLE, REJECTED, FAILED, CANCELLED -> job.attempt();
        };
    }

    private static String line(Problem problem) {
        return problem.code().wireName() + ": " + problem.message();
    }
}
