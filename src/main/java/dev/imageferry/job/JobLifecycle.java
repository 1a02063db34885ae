package dev.imageferry.job;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The one place where the next state of a job is decided.
 *
 * <pre>
 * QUEUED → CHECKING → READY → UPLOADING → PROCESSING → (REPLICATING) → AVAILABLE
 *             └→ REJECTED      └────────────┴──────────────┴→ FAILED, CANCELLED
 * </pre>
 *
 * A user may cancel in every state before the end, and have what FAILED, was REJECTED or cancelled tried again.
 */
public final class JobLifecycle {
    /** How long a job that waits for something outside (a gate, a rate limit) rests when nobody named a time. */
    private static final Duration UNCOUNTED_PAUSE = Duration.ofSeconds(2);

    private static final Duration ARCHIVE_PAUSE = Duration.ofSeconds(5);

    private final RetryPolicy retryPolicy;
    private final RandomGenerator random;

    public JobLifecycle(RetryPolicy retryPolicy, RandomGenerator random) {
        this.retryPolicy = retryPolicy;
        this.random = random;
    }

    /**
     * What is to be written.
     *
     * @param job with its next state, attempt and error
     * @param from the state that the step began in
     * @param pause from now until it may be claimed again
     * @param historyOrNull what the history is told; null where nothing happened that is worth a line
     */
    public record Decision(
            Job job,
            JobState from,
            Duration pause,
            @Nullable String historyOrNull) {
        /** Refuses a change of state that {@link JobState#successors} does not have. */
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

    /** Whether a user may have the job tried again. */
    public static boolean isRetryable(Job job) {
        return switch (job.state()) {
            case FAILED, REJECTED -> true;
            case CANCELLED ->
                job.error()
                        .filter(error ->
                                error.code() == ErrorCode.CANCELLED || error.code() == ErrorCode.IMAGE_VANISHED)
                        .isPresent();
            case QUEUED, CHECKING, READY, UPLOADING, PROCESSING, REPLICATING, AVAILABLE -> false;
        };
    }

    /**
     * An ended job that a user has tried again, with all attempts: an image that is available only wants its copies, a file
     * that is as it was checked only its upload.
     *
     * @param file as it is now
     * @param metadataOrNull as it is said now, of which an image that is available takes only the regions of its copies; null
     *     when it cannot be used: the check tells why
     */
    public static Job retried(Job job, FileFingerprint file, @Nullable ImageMetadata metadataOrNull) {
        Job again = withAllAttempts(job, file, metadataOrNull);
        job.state().requireSuccessor(again.state());
        return again;
    }

    private static Job withAllAttempts(Job job, FileFingerprint file, @Nullable ImageMetadata metadataOrNull) {
        // what differs from the check although the file looks the same must be checked again
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

    /** An ended job keeps its outcome and its error. Archiving is repeated until it succeeds. */
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

    /** Attempts count in each state anew; a job that waits for its first turn has made none. */
    private static int firstAttempt(Job job, JobState next) {
        return switch (next) {
            case QUEUED, READY -> 0;
            case CHECKING, UPLOADING, PROCESSING, REPLICATING -> next == job.state() ? job.attempt() : 1;
            case AVAILABLE, REJECTED, FAILED, CANCELLED -> job.attempt();
        };
    }

    private static String line(Problem problem) {
        return problem.code().wireName() + ": " + problem.message();
    }
}
