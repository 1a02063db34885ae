package dev.imageferry.linode;

import dev.imageferry.job.Problem;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a PUT ended. Where {@code allBytesSent} is told, it is true as soon as the last bytes were begun to be handed to
 * the network: the bucket may then have stored the object whatever came after; when false it has stored nothing.
 */
public sealed interface PutResult {
    /**
     * The bucket has taken every byte.
     *
     * @param etagOrNull as the bucket sent it, without quotes; equal to the MD5 where it looks like one
     */
    record Stored(@Nullable String etagOrNull, long bytes, Duration took) implements PutResult {}

    /** {@code file-changed}, {@code file-removed} or {@code unreadable}; the connection was cut, nothing is stored. */
    record FileChanged(Problem problem) implements PutResult {}

    /** The guard said no; the connection was cut, nothing is stored. */
    record LostLease() implements PutResult {}

    /** {@link PutCall#cancel} was called. */
    record Cancelled(String reason, boolean allBytesSent) implements PutResult {}

    /** The bucket answered, but not with success: {@code upload-refused} or {@code upload-url-expired}. */
    record Refused(Problem problem, boolean allBytesSent, Cause cause) implements PutResult {}

    /** No answer: {@code upload-interrupted} or {@code upload-stalled}. */
    record Broken(Problem problem, boolean allBytesSent, Cause cause) implements PutResult {}

    /** {@code upload-corrupted}: what was read, or what the bucket has stored, is not what was checked. */
    record Corrupted(Problem problem) implements PutResult {}
}
