package dev.imageferry.worker;

import dev.imageferry.job.StepOutcome;

/** One step on the way of a file. Runs from what the job's row says, whoever wrote it. */
public interface Step {
    /**
     * Runs the step.
     *
     * @throws InterruptedException when the run was asked to stop; what was committed before stays
     * @throws LeaseLostException when the job is somebody else's by now
     */
    StepOutcome run(JobRun run) throws InterruptedException, LeaseLostException;
}
