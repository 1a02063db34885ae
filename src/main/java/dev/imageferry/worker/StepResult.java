package dev.imageferry.worker;

import dev.imageferry.job.Job;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.job.Transfer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A step that has ended, as it was recorded.
 *
 * @param before the job at the start of the run
 * @param after the job as it was written
 * @param outcome what the step returned
 * @param pause until the job is due again
 * @param detailOrNull the line of the history; null if it got none
 * @param transfer what became of bytes of PUTs
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
