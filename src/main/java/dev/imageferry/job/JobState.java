package dev.imageferry.job;

import java.util.Set;

/** The state of a job. The names are part of the REST API and the job table. */
public enum JobState {
    /** The file has settled and waits to be checked. */
    QUEUED,
    /** The file is being converted to a gzip file, or waits for its next attempt. */
    CONVERTING,
    /** The file is being checked, or waits for its next check. */
    CHECKING,
    /** The file has passed the check and waits for an upload slot. */
    READY,
    /** The image is being created and the file uploaded, or the job waits for its next attempt. */
    UPLOADING,
    /** The whole file has arrived. Linode unpacks the image. */
    PROCESSING,
    /** The image is available and is being copied to other regions. */
    REPLICATING,
    /** Final: the image can be deployed. */
    AVAILABLE,
    /** Final: the file cannot be uploaded as it is. */
    REJECTED,
    /** Final: the attempts are used up, or Linode refused permanently. */
    FAILED,
    /** Final: the file changed or was removed, the image disappeared, or a user cancelled the job. */
    CANCELLED;

    /**
     * The allowed next states. A job leaves a final state only when a user retries it.
     */
    public Set<JobState> successors() {
        return switch (this) {
            case QUEUED -> Set.of(CONVERTING, CHECKING, CANCELLED);
            case CONVERTING -> Set.of(CHECKING, REJECTED, FAILED, CANCELLED);
            case CHECKING -> Set.of(CONVERTING, READY, REJECTED, FAILED, CANCELLED);
            case READY -> Set.of(UPLOADING, CANCELLED);
            case UPLOADING -> Set.of(CONVERTING, PROCESSING, REPLICATING, AVAILABLE, REJECTED, FAILED, CANCELLED);
            case PROCESSING -> Set.of(REPLICATING, AVAILABLE, FAILED, CANCELLED);
            case REPLICATING -> Set.of(AVAILABLE, FAILED, CANCELLED);
            case AVAILABLE -> Set.of();
            case REJECTED -> Set.of(QUEUED, READY);
            case FAILED, CANCELLED -> Set.of(QUEUED, READY, REPLICATING);
        };
    }

    /** The state of the job after a claim, except that of a QUEUED job that is converted first, which becomes CONVERTING. */
    public JobState claimed() {
        return switch (this) {
            case QUEUED -> CHECKING;
            case READY -> UPLOADING;
            case CONVERTING, CHECKING, UPLOADING, PROCESSING, REPLICATING, AVAILABLE, REJECTED, FAILED, CANCELLED ->
                this;
        };
    }

    /** Whether this state is final. A job in a final state is only archived. */
    public boolean isEnd() {
        return switch (this) {
            case QUEUED, CONVERTING, CHECKING, READY, UPLOADING, PROCESSING, REPLICATING -> false;
            case AVAILABLE, REJECTED, FAILED, CANCELLED -> true;
        };
    }

    /** Throws if the next state is not allowed, which is a bug. */
    void requireSuccessor(JobState next) {
        if (next != this && !successors().contains(next)) {
            throw new IllegalStateException("a job that is " + this + " cannot become " + next);
        }
    }
}
