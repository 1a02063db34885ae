package dev.imageferry.worker;

import dev.imageferry.job.Job;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.job.Transfer;
import dev.imageferry.queue.Claim;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The recorded result of a step.
 *
 * @param before the job at the start of the run
 * @param after the job with the result of the step
 * @param outcome what the step returned
 * @param pause until the job is due again
 * @param detailOrNull the text of the history entry; null if there is none
 * @param transfer the bytes that arrived or were wasted
 * @param nextOrNull the claim of the next step, which was committed with the result; null if the lease was returned
 */
public record StepResult(
        Job before,
        Job after,
        StepOutcome outcome,
        Duration pause,
        @Nullable String detailOrNull,
        Transfer transfer,
        @Nullable Claim nextOrNull) {
    /** Whether the job changed its state. */
    public boolean isTransition() {
        return before.state() != after.state();
    }
}
