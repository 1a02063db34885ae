package dev.imageferry.job;

import java.util.Set;

/** The state of a job. Names are part of the REST interface and of the job table. */
public enum JobState {
    /** The file has settled and waits to be checked. */
    QUEUED,
    /** The file is read once from end to end, or waits for its next check. */
    CHECKING,
    /** The file is fit and waits for an upload slot. */
    READY,
    /** The image is created at Linode and the file is sent, or waits for its next attempt at either. */
    UPLOADING,
    /** Every byte has arrived; Linode unpacks the image. */
    PROCESSING,
    /** The image is available and is copied to further regions. */
    REPLICATING,
    /** End: the image can be deployed. */
    AVAILABLE,
    /** End: the file can never be uploaded as it is. */
    REJECTED,
    /** End: the attempts are used up, or Linode said no for good. */
    FAILED,
    /** End: the file changed or went away, the image vanished, or a user cancelled. */
    CANCELLED;

    /**
     * The states that may follow: the only table of them. An end is left only when a user retries the job.
     */
    public Set<JobState> successors() {
        return switch (this) {
            case QUEUED -> Set.of(CHECKING, CANCELLED);
            case CHECKING -> Set.of(READY, REJECTED, FAILED, CANCELLED);
            case READY -> Set.of(UPLOADING, CANCELLED);
            case UPLOADING -> Set.of(PROCESSING, REPLICATING, AVAILABLE, REJECTED, FAILED, CANCELLED);
            case PROCESSING -> Set.of(REPLICATING, AVAILABLE, FAILED, CANCELLED);
            case REPLICATING -> Set.of(AVAILABLE, FAILED, CANCELLED);
            case AVAILABLE -> Set.of();
            case REJECTED -> Set.of(QUEUED, READY);
            case FAILED, CANCELLED -> Set.of(QUEUED, READY, REPLICATING);
        };
    }

    /** The state of a job of this state once a worker has claimed it for its next step. */
    public JobState claimed() {
        return switch (this) {
            case QUEUED -> CHECKING;
            case READY -> UPLOADING;
            case CHECKING, UPLOADING, PROCESSING, REPLICATING, AVAILABLE, REJECTED, FAILED, CANCELLED -> this;
        };
    }

    /** Whether the job has its outcome; such a job is only archived. */
    public boolean isEnd() {
        return switch (this) {
            case QUEUED, CHECKING, READY, UPLOADING, PROCESSING, REPLICATING -> false;
            case AVAILABLE, REJECTED, FAILED, CANCELLED -> true;
        };
    }

    /** Throws if the next state may not follow: that is a bug. */
    void requireSuccessor(JobState next) {
        if (next != this && !successors().contains(next)) {
            throw new IllegalStateException("a job that is " + this + " cannot become " + next);
        }
    }
}
