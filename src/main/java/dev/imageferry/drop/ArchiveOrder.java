package dev.imageferry.drop;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is to become of one ended job's file.
 *
 * @param jobId owner of the receipt and of the names that are held meanwhile
 * @param path the file, relative to the drop folder
 * @param fingerprint of the content that the job was for; any other content is left alone
 * @param sha256OrNull of that content, 64 hex digits in lower case; null when it was not read to its end
 * @param section where the receipt goes, and the file if it moves
 * @param treatment what happens to the file
 * @param receipt the job as REST shows it: a JSON object whose {@code id} is the job's
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
        /** They go to the section. */
        MOVE,
        /** They are deleted once the receipt stands. */
        DELETE,
        /** They stay; only the receipt is written. */
        RECEIPT_ONLY
    }

    /** Checks that nothing but a delivered image can be deleted, and that the receipt is the job's. */
    public ArchiveOrder {
        if (treatment == Treatment.DELETE && section != Section.DONE) {
            throw new IllegalArgumentException("job " + jobId + ": only the file of an available image is deleted");
        }
        if (!Names.isImage(path)) {
            throw new IllegalArgumentException("job " + jobId + ": no candidate: " + path);
        }
        if (!Receipts.isOf(jobId, receipt)) {
            throw new IllegalArgumentException("job " + jobId + ": the receipt does not carry the job's id");
        }
    }

    /** The order for a job that has its outcome. */
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
            case QUEUED, CHECKING, READY, UPLOADING, PROCESSING, REPLICATING ->
                throw new IllegalArgumentException("job " + jobId + " has no outcome, it is " + outcome);
        };
    }

    private static Treatment treatmentOf(JobState outcome, @Nullable Problem error, WhenDone whenDone) {
        boolean sourceIsAnothers = outcome == JobState.CANCELLED
                && error != null
                && (error.code() == ErrorCode.FILE_CHANGED || error.code() == ErrorCode.FILE_REMOVED);
        if (sourceIsAnothers) {
            return Treatment.RECEIPT_ONLY;
        }
        return switch (whenDone) {
            case MOVE -> Treatment.MOVE;
            case DELETE -> outcome == JobState.AVAILABLE ? Treatment.DELETE : Treatment.MOVE;
            case KEEP -> Treatment.RECEIPT_ONLY;
        };
    }
}
