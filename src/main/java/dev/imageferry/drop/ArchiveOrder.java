package dev.imageferry.drop;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What to do with the file of an ended job.
 *
 * @param jobId owns the receipt and the hidden names
 * @param path the file, relative to the drop folder
 * @param fingerprint of the job's content; other content is left alone
 * @param sha256OrNull of that content, 64 lower-case hex digits; null if it was not read to its end
 * @param section the folder of the receipt, and of the file if it is moved
 * @param treatment what happens to the file
 * @param receipt the job as REST shows it: a JSON object with the job's {@code id}
 */
public record ArchiveOrder(
        UUID jobId,
        String path,
        FileFingerprint fingerprint,
        @Nullable String sha256OrNull,
        Section section,
        Treatment treatment,
        String receipt) {
    /** What happens to the image and its sidecar. */
    public enum Treatment {
        /** Move them to the section. */
        MOVE,
        /** Delete them after the receipt is written. */
        DELETE,
        /** Leave them where they are and write only the receipt. */
        RECEIPT_ONLY
    }

    /** Ensures that only the file of an available image can be deleted, and that the receipt is the job's. */
    public ArchiveOrder {
        if (treatment == Treatment.DELETE && section != Section.DONE) {
            throw new IllegalArgumentException("job " + jobId + ": only the file of an available image can be deleted");
        }
        if (!Receipts.isOf(jobId, receipt)) {
            throw new IllegalArgumentException("job " + jobId + ": the receipt has another id");
        }
    }

    /** The order for a job with this outcome. */
    public static ArchiveOrder of(
            UUID jobId,
            String path,
            FileFingerprint fingerprint,
            @Nullable String sha256OrNull,
            JobState outcome,
            @Nullable Problem error,
            WhenDone whenDone,
            String receipt) {
        return new ArchiveOrder(
                jobId,
                path,
                fingerprint,
                sha256OrNull,
                sectionOf(jobId, outcome),
                treatmentOf(outcome, error, whenDone),
                receipt);
    }

    private static Section sectionOf(UUID jobId, JobState outcome) {
        return switch (outcome) {
            case AVAILABLE -> Section.DONE;
            case REJECTED, FAILED, CANCELLED -> Section.FAILED;
            case QUEUED, CONVERTING, CHECKING, READY, UPLOADING, PROCESSING, REPLICATING ->
                throw new IllegalArgumentException("job " + jobId + " has not ended: it is " + outcome);
        };
    }

    private static Treatment treatmentOf(JobState outcome, @Nullable Problem error, WhenDone whenDone) {
        boolean fileIsNotOfThisJob = outcome == JobState.CANCELLED
                && error != null
                && (error.code() == ErrorCode.FILE_CHANGED || error.code() == ErrorCode.FILE_REMOVED);
        if (fileIsNotOfThisJob) {
            return Treatment.RECEIPT_ONLY;
        }
        return switch (whenDone) {
            case MOVE -> Treatment.MOVE;
            case DELETE -> outcome == JobState.AVAILABLE ? Treatment.DELETE : Treatment.MOVE;
            case KEEP -> Treatment.RECEIPT_ONLY;
        };
    }
}
