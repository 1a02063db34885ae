package dev.imageferry.worker;

import dev.imageferry.job.Job;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.job.Transfer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The recorded result of a step.
 *
 * @param before the job at the start of the run
 * @param after the job as it was written
 * @param outcome what the step returned
 * @param pause until the job is due again
 * @param detailOrNull the text of the history entry; null if there is none
 * @param transfer the bytes that arrived or were wasted
 */
public record StepResult(
        Job before,
        Job after,
        StepOutcome outcome,
        Duration pause,
        @Nullable String detailOrNull,
        Transfer transfer) {
    /** Whether the job changed its state. */
    public boolean isTransition() {
        return before.state() != after.state();
    }
}
