package dev.imageferry.worker;

import dev.imageferry.job.StepOutcome;

/** One step of a job. It starts from the job's row, so that any instance can resume the job. */
public interface Step {
    /**
     * Runs the step.
     *
     * @throws InterruptedException if the run was asked to stop. Committed checkpoints remain
     * @throws LeaseLostException if another instance holds the job
     */
    StepOutcome run(JobRun run) throws InterruptedException, LeaseLostException;
}
