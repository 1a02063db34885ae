package dev.imageferry.upload;

import dev.imageferry.job.StepOutcome;

/** One step on the way of a file. Runs from what the job's row says, whoever wrote it. */
interface Step {
    /**
     * Runs the step.
     *
     * @throws InterruptedException when the turn was asked to stop; what was committed before stays
     * @throws LeaseLostException when the job is somebody else's by now
     */
    StepOutcome run(Turn turn) throws InterruptedException, LeaseLostException;
}
