package dev.imageferry.worker;

import dev.imageferry.job.Job;
import dev.imageferry.queue.Claim;
import java.time.Duration;

/**
 * Observes the jobs of this instance, for example for the log and the metrics. Methods are called after the change is
 * committed, on the thread that made it. They must return quickly and must not throw.
 */
public interface JobListener {
    /** This instance has claimed a job. */
    default void claimed(Claim claim) {}

    /** A step has ended and its result is recorded. */
    default void recorded(StepResult result) {}

    /** The result of a step was not recorded because another instance holds the job. */
    default void leaseLost(Job job) {}

    /** A user retried a job. */
    default void retried(Job ended, Job again) {}

    /** A PUT has started. */
    default void putStarted(Job job) {}

    /** A PUT has sent {@code bytes} more bytes. Called on the sending thread. */
    default void bytesSent(Job job, long bytes) {}

    /**
     * A PUT has ended.
     *
     * @param stored whether the bucket has confirmed the upload
     * @param bytes the number of bytes sent
     */
    default void putEnded(Job job, boolean stored, long bytes, Duration duration) {}

    /** The check of a file has ended, successfully or not. */
    default void fileChecked(Job job, Duration duration) {}

    /** A left-over image was deleted at Linode. */
    default void leftOverDeleted(String imageId) {}

    /** An image was deleted at Linode because its family keeps fewer. */
    default void imagePruned(String imageId, String family) {}
}
