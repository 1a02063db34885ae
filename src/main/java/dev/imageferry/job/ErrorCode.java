package dev.imageferry.job;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The error codes of a job, each with its {@link Consequence}. The wire names, such as {@code gzip-truncated}, are part of the
 * REST API, the receipts and the metrics.
 */
public enum ErrorCode {
    /** The file does not start with a gzip member (RFC 1952, 2.3.1). */
    NOT_GZIP(Consequence.REJECT),
    /** The file ends inside a gzip member. */
    GZIP_TRUNCATED(Consequence.REJECT),
    /** The deflate data, CRC or length of a gzip member is wrong. */
    GZIP_CORRUPT(Consequence.REJECT),
    /** The last gzip member is followed by other data. */
    GZIP_TRAILING_DATA(Consequence.REJECT),
    /** The file or its content is empty. */
    EMPTY(Consequence.REJECT),
    /** The file is larger than {@code imageferry.limits.compressed}. */
    TOO_LARGE_COMPRESSED(Consequence.REJECT),
    /** The content is larger than {@code imageferry.limits.uncompressed}. */
    TOO_LARGE_UNCOMPRESSED(Consequence.REJECT),
    /** The content is not a raw disk image. */
    NOT_RAW_IMAGE(Consequence.REJECT),
    /** A sidecar or the folder defaults are invalid, or no region is set. */
    BAD_METADATA(Consequence.REJECT),
    /** The SHA-256 of the file differs from the one that the user gave. */
    CHECKSUM_MISMATCH(Consequence.REJECT),
    /** The file cannot be converted to a raw disk image. */
    CONVERSION_FAILED(Consequence.REJECT),

    /** Linode refused the request permanently (400 with field and reason). */
    LINODE_REJECTED(Consequence.FAIL),
    /** Linode deleted the image while unpacking it. */
    PROCESSING_FAILED(Consequence.FAIL),
    /** The image was not available within {@code imageferry.poll.timeout}. */
    PROCESSING_TIMEOUT(Consequence.FAIL),

    /** The connection of a PUT broke, or no answer came. */
    UPLOAD_INTERRUPTED(Consequence.RETRY),
    /** No byte of a PUT was accepted for {@code imageferry.upload.stall-timeout}. */
    UPLOAD_STALLED(Consequence.RETRY),
    /** The bucket answered a PUT with an error. */
    UPLOAD_REFUSED(Consequence.RETRY),
    /** The bucket received other bytes than those that were checked. */
    UPLOAD_CORRUPTED(Consequence.RETRY),
    /** The API answered with an error that concerns only this job. */
    LINODE_ERROR(Consequence.RETRY),
    /** The copy to a region failed. */
    REPLICATION_FAILED(Consequence.RETRY),
    /** The file cannot be read. */
    UNREADABLE(Consequence.RETRY),
    /** The upload URL has expired. The image is deleted and created again. */
    UPLOAD_URL_EXPIRED(Consequence.RETRY),

    /** The disk has no space for the converted image. */
    NO_SPACE(Consequence.WAIT),
    /** Linode limits the rate of calls. */
    RATE_LIMITED(Consequence.WAIT),
    /** The API is unreachable or failing. */
    LINODE_UNAVAILABLE(Consequence.WAIT),
    /** Linode refuses the token. */
    LINODE_UNAUTHORIZED(Consequence.WAIT),
    /** The account has reached its image limit. */
    QUOTA_EXCEEDED(Consequence.WAIT),
    /** The host of the bucket is unavailable. */
    BUCKET_UNAVAILABLE(Consequence.WAIT),
    /** The drop folder is unavailable, for example unmounted. */
    FOLDER_UNAVAILABLE(Consequence.WAIT),
    /** PostgreSQL is unavailable. */
    DATABASE_UNAVAILABLE(Consequence.WAIT),
    /** The instance that ran the step stopped, or the step failed because of a bug. */
    INSTANCE_LOST(Consequence.WAIT),
    /** Another job with the same content is in progress. Its image serves both jobs. */
    DUPLICATE_IN_PROGRESS(Consequence.WAIT),

    /** The file was replaced or changed while its job was in progress. */
    FILE_CHANGED(Consequence.CANCEL),
    /** The file was removed while its job was in progress. */
    FILE_REMOVED(Consequence.CANCEL),
    /** The image no longer exists and no event explains it. */
    IMAGE_VANISHED(Consequence.CANCEL),
    /** A user cancelled the job. */
    CANCELLED(Consequence.CANCEL);

    /** The effect of an error on the job. */
    public enum Consequence {
        /** The job ends as {@link JobState#REJECTED}. */
        REJECT,
        /** The job ends as {@link JobState#FAILED}. */
        FAIL,
        /** The step is retried, which uses up an attempt. The job ends as {@link JobState#FAILED} after the last one. */
        RETRY,
        /** The step is retried without using up an attempt. */
        WAIT,
        /** The job ends as {@link JobState#CANCELLED}. */
        CANCEL
    }

    private static final Map<String, ErrorCode> BY_WIRE_NAME =
            Arrays.stream(values()).collect(Collectors.toMap(ErrorCode::wireName, Function.identity()));

    private final Consequence consequence;
    private final String wireName;

    ErrorCode(Consequence consequence) {
        this.consequence = consequence;
        this.wireName = name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public Consequence consequence() {
        return consequence;
    }

    /** The name in REST responses, receipts, metrics and the job table, e.g. {@code gzip-truncated}. */
    public String wireName() {
        return wireName;
    }

    /**
     * Finds the code by its wire name.
     *
     * @throws IllegalArgumentException if no code has this name
     */
    public static ErrorCode ofWireName(String wireName) {
        ErrorCode code = BY_WIRE_NAME.get(wireName);
        if (code == null) {
            throw new IllegalArgumentException("unknown error code: " + wireName);
        }
        return code;
    }

    @Override
    public String toString() {
        return wireName;
    }
}
