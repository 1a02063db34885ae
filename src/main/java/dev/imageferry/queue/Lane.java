package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import java.util.List;

/** A group of job states that share slots. Lists the states in claim order: jobs in progress before new ones. */
public enum Lane {
    /** Jobs in any state that a user has cancelled. Closed gates do not affect them. */
    CANCEL,
    /** Converts and checks files. */
    CHECK,
    UPLOAD,
    /** Jobs that wait for Linode and only send status requests. */
    AWAIT,
    /** Jobs that have ended and are not archived yet. */
    ARCHIVE;

    public List<JobState> states() {
        return switch (this) {
            case CANCEL ->
                List.of(
                        JobState.QUEUED,
                        JobState.CONVERTING,
                        JobState.CHECKING,
                        JobState.READY,
                        JobState.UPLOADING,
                        JobState.PROCESSING,
                        JobState.REPLICATING);
            case CHECK -> List.of(JobState.CHECKING, JobState.CONVERTING, JobState.QUEUED);
            case UPLOAD -> List.of(JobState.UPLOADING, JobState.READY);
            case AWAIT -> List.of(JobState.PROCESSING, JobState.REPLICATING);
            case ARCHIVE -> List.of(JobState.AVAILABLE, JobState.REJECTED, JobState.FAILED, JobState.CANCELLED);
        };
    }

    /** Returns the lane that runs the next step of a job in this state. */
    public static Lane of(JobState state) {
        return switch (state) {
            case QUEUED, CONVERTING, CHECKING -> CHECK;
            case READY, UPLOADING -> UPLOAD;
            case PROCESSING, REPLICATING -> AWAIT;
            case AVAILABLE, REJECTED, FAILED, CANCELLED -> ARCHIVE;
        };
    }

    /** Returns the state of a job after its claim. */
    JobState claimed(JobState state) {
        return this == CANCEL ? state : state.claimed(); // a cancelled job starts no new work
    }
}
