package dev.imageferry.job;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Everything that can be wrong with a job, with what follows from it. The wire names ({@code gzip-truncated}) are part
 * of the REST interface, the receipts and the metrics.
 */
public enum ErrorCode {
    /** The first bytes are not those of a gzip member (RFC 1952, 2.3.1). */
    NOT_GZIP(Consequence.REJECT),
    /** The file ends inside a gzip member. */
    GZIP_TRUNCATED(Consequence.REJECT),
    /** A member's deflate data, CRC or length is wrong. */
    GZIP_CORRUPT(Consequence.REJECT),
    /** Bytes after the last member that are no further member. */
    GZIP_TRAILING_DATA(Consequence.REJECT),
    /** The file, or what is in it, has no byte. */
    EMPTY(Consequence.REJECT),
    /** Larger than {@code imageferry.limits.compressed}. */
    TOO_LARGE_COMPRESSED(Consequence.REJECT),
    /** Inflates to more than {@code imageferry.limits.uncompressed}. */
    TOO_LARGE_UNCOMPRESSED(Consequence.REJECT),
    /** The content is something else than a raw disk image. */
    NOT_RAW_IMAGE(Consequence.REJECT),
    /** A sidecar or a folder's defaults cannot be used, or no region is named anywhere. */
    BAD_METADATA(Consequence.REJECT),

    /** Linode refused the request for good (400 with field and reason). */
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
    /** What arrived is not what was checked. */
    UPLOAD_CORRUPTED(Consequence.RETRY),
    /** The API answered with an error that is this job's alone. */
    LINODE_ERROR(Consequence.RETRY),
    /** A region did not get its copy. */
    REPLICATION_FAILED(Consequence.RETRY),
    /** The file cannot be read. */
    UNREADABLE(Consequence.RETRY),
    /** The upload URL is no longer valid: the image is deleted and made anew. */
    UPLOAD_URL_EXPIRED(Consequence.RETRY),

    /** Linode asks for fewer calls. */
    RATE_LIMITED(Consequence.WAIT),
    /** The API is down for everybody. */
    LINODE_UNAVAILABLE(Consequence.WAIT),
    /** The token is refused. */
    LINODE_UNAUTHORIZED(Consequence.WAIT),
    /** The account holds as many images as it may. */
    QUOTA_EXCEEDED(Consequence.WAIT),
    /** The bucket's host is down. */
    BUCKET_UNAVAILABLE(Consequence.WAIT),
    /** The drop folder is not there (unmounted?). */
    FOLDER_UNAVAILABLE(Consequence.WAIT),
    /** PostgreSQL does not answer. */
    DATABASE_UNAVAILABLE(Consequence.WAIT),
    /** The instance that ran the step is gone, was shut down, or has a bug. */
    INSTANCE_LOST(Consequence.WAIT),
    /** A job with the same content is on its way: its image will serve both. */
    DUPLICATE_IN_PROGRESS(Consequence.WAIT),

    /** The file was replaced or altered while its job was under way. */
    FILE_CHANGED(Consequence.CANCEL),
    /** The file was removed while its job was under way. */
    FILE_REMOVED(Consequence.CANCEL),
    /** The image is gone and no event says why. */
    IMAGE_VANISHED(Consequence.CANCEL),
    /** A user cancelled the job. */
    CANCELLED(Consequence.CANCEL);

    /** What follows for the job. */
    public enum Consequence {
        /** Ends as {@link JobState#REJECTED}. */
        REJECT,
        /** Ends as {@link JobState#FAILED}. */
        FAIL,
        /** Tried again, counted; {@link JobState#FAILED} when the attempts are used up. */
        RETRY,
        /** Tried again, not counted. */
        WAIT,
        /** Ends as {@link JobState#CANCELLED}. */
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

    /** The name in REST answers, receipts, metrics and the job table, e.g. {@code gzip-truncated}. */
    public String wireName() {
        return wireName;
    }

    /**
     * Finds the code by its wire name.
     *
     * @throws IllegalArgumentException for a name that no code has
     */
    public static ErrorCode ofWireName(String wireName) {
        ErrorCode code = BY_WIRE_NAME.get(wireName);
        if (code == null) {
            throw new IllegalArgumentException("no error code is named " + wireName);
        }
        return code;
    }

    @Override
    public String toString() {
        return wireName;
    }
}
