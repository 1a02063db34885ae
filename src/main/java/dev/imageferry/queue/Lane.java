package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import java.util.List;

/** Jobs that compete for the same slots, with the order in which their states are claimed: what has begun goes first. */
public enum Lane {
    /** Jobs that a user cancelled, in whatever state: nothing keeps them from it. */
    CANCEL,
    CHECK,
    UPLOAD,
    /** Waiting for Linode: short looks, no bytes. */
    AWAIT,
    /** Jobs that have their outcome and are not archived yet. */
    ARCHIVE;

    public List<JobState> states() {
        return switch (this) {
            case CANCEL ->
                List.of(
                        JobState.QUEUED,
                        JobState.CHECKING,
                        JobState.READY,
                        JobState.UPLOADING,
                        JobState.PROCESSING,
                        JobState.REPLICATING);
            case CHECK -> List.of(JobState.CHECKING, JobState.QUEUED);
            case UPLOAD -> List.of(JobState.UPLOADING, JobState.READY);
            case AWAIT -> List.of(JobState.PROCESSING, JobState.REPLICATING);
            case ARCHIVE -> List.of(JobState.AVAILABLE, JobState.REJECTED, JobState.FAILED, JobState.CANCELLED);
        };
    }

    /** The state that a job of the given state is in once it is claimed. */
    JobState claimed(JobState state) {
        return this == CANCEL ? state : state.claimed(); // a cancelled job starts nothing new
    }
}
