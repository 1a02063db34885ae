package dev.imageferry.worker;

import dev.imageferry.job.Job;
import dev.imageferry.queue.Claim;
import java.time.Duration;

/**
 * Observes what this instance does with jobs: the log, the metrics, the stream. The methods are called after the fact is
 * written, on the thread that wrote it; they return quickly and throw nothing.
 */
public interface JobListener {
    /** This instance has claimed a job. */
    default void claimed(Claim claim) {}

    /** A step has ended and its result is recorded. */
    default void recorded(StepResult result) {}

    /** A step's result was not recorded, because another instance holds the job. */
    default void leaseLost(Job job) {}

    /** A user retried a job. */
    default void retried(Job ended, Job again) {}

    /** A PUT begins. */
    default void putStarted(Job job) {}

    /** A PUT has sent so many more bytes; called on the sending thread. */
    default void bytesSent(Job job, long bytes) {}

    /**
     * A PUT has ended.
     *
     * @param stored whether the bucket has confirmed it
     * @param bytes how many bytes it sent
     */
    default void putEnded(Job job, boolean stored, long bytes, Duration duration) {}

    /** A file was read and checked, whatever was found. */
    default void fileChecked(Job job, Duration duration) {}

    /** An image that a lost answer had left at Linode was deleted. */
    default void leftOverDeleted(String imageId) {}
}
