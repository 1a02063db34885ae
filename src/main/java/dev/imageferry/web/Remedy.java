package dev.imageferry.web;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.JobView;

/** What a user can do about the error of an ended job. The message of the error says what is wrong. */
final class Remedy {
    private Remedy() {}

    static String of(JobView job, ErrorCode code, String message) {
        return switch (code) {
            case BAD_METADATA -> metadata(job, message);
            case EMPTY, GZIP_TRUNCATED ->
                "The copy is incomplete. Copy the file into the drop folder again; that is a new job.";
            case NOT_GZIP, NOT_RAW_IMAGE -> "Make a gzipped raw disk image of it and drop that; it is a new job.";
            case GZIP_CORRUPT, GZIP_TRAILING_DATA ->
                "The file is damaged. Compress the image again, or copy it again, and drop it; that is a new job.";
            case CHECKSUM_MISMATCH ->
                "The copy is damaged, or the checksum is that of another file. Copy the file again, or correct the checksum and"
                        + " choose “Retry”.";
            case CONVERSION_FAILED ->
                "Convert the image yourself, or repair the file and drop it again; that is a new job.";
            case TOO_LARGE_COMPRESSED, TOO_LARGE_UNCOMPRESSED ->
                "Shrink the image and drop it again. If your account has a higher limit, set it and choose “Retry”.";
            case LINODE_REJECTED ->
                "Linode refused this value. Correct it in the sidecar or the folder's .imageferry.yaml, then choose"
                        + " “Retry”. The image itself stays as it is.";
            case PROCESSING_FAILED ->
                "Linode could not unpack the image. Build it again and drop it, or choose “Retry” to send it once more.";
            case PROCESSING_TIMEOUT ->
                "Linode did not finish in time, and the image was deleted. “Retry” sends it again.";
            case UNREADABLE -> "Make the file readable for the daemon, then choose “Retry”.";
            case REPLICATION_FAILED ->
                "The image is available, but a copy is missing. “Retry” requests only the missing copies.";
            case UPLOAD_INTERRUPTED,
                    UPLOAD_STALLED,
                    UPLOAD_REFUSED,
                    UPLOAD_CORRUPTED,
                    UPLOAD_URL_EXPIRED,
                    LINODE_ERROR ->
                "All " + job.maxAttempts() + " attempts are used up. “Retry” starts again with all attempts.";
            case FILE_CHANGED -> "Nothing is left at Linode. The new content is a separate job.";
            case FILE_REMOVED -> "Nothing is left at Linode. To upload the file, drop it again.";
            case IMAGE_VANISHED -> "The image was deleted at Linode while it was in progress. “Retry” makes it again.";
            case CANCELLED -> "Nothing is left at Linode, and the file is in failed/. “Retry” starts the job again.";
            case NO_SPACE,
                    RATE_LIMITED,
                    LINODE_UNAVAILABLE,
                    LINODE_UNAUTHORIZED,
                    QUOTA_EXCEEDED,
                    BUCKET_UNAVAILABLE,
                    FOLDER_UNAVAILABLE,
                    DATABASE_UNAVAILABLE,
                    INSTANCE_LOST,
                    DUPLICATE_IN_PROGRESS -> "“Retry” starts the job again.";
        };
    }

    private static String metadata(JobView job, String message) {
        if (message.contains(" has no region: ")) {
            return "Set a region in one of these places, then choose “Retry”. The image itself is not at fault.";
        }
        boolean ofSidecar = message.contains(job.file() + ".yaml") || message.contains(job.file() + ".json");
        return ofSidecar
                ? "Correct the sidecar, which is now in failed/ beside its image, then choose “Retry”. The image itself is"
                        + " not at fault."
                : "Correct the metadata, then choose “Retry”. The image itself is not at fault.";
    }
}
