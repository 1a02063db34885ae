package dev.imageferry.job;

/** Where a job is on its way. Names are part of the REST interface and of the job table. */
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

    /** Whether the job has its outcome; such a job is only ever archived, never run again. */
    public boolean isEnd() {
        return switch (this) {
            case QUEUED, CHECKING, READY, UPLOADING, PROCESSING, REPLICATING -> false;
            case AVAILABLE, REJECTED, FAILED, CANCELLED -> true;
        };
    }
}
