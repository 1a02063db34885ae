package dev.imageferry.linode;

import dev.imageferry.job.Problem;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The result of a PUT. {@code allBytesSent} is true if the final bytes were released to the network, so that the bucket may
 * have stored the object. If it is false, the bucket has stored nothing.
 */
public sealed interface PutResult {
    /**
     * The bucket has accepted the file.
     *
     * @param etagOrNull from the bucket, without quotes; equal to the MD5 of the file if it has the form of an MD5
     */
    record Stored(@Nullable String etagOrNull, long bytes, Duration took) implements PutResult {}

    /** {@code file-changed}, {@code file-removed} or {@code unreadable}. The PUT was aborted, and nothing is stored. */
    record FileChanged(Problem problem) implements PutResult {}

    /** The guard refused. The PUT was aborted, and nothing is stored. */
    record LostLease() implements PutResult {}

    /** {@link PutCall#cancel} was called. */
    record Cancelled(String reason, boolean allBytesSent) implements PutResult {}

    /** The bucket answered with an error: {@code upload-refused} or {@code upload-url-expired}. */
    record Refused(Problem problem, boolean allBytesSent, Cause cause) implements PutResult {}

    /** No answer: {@code upload-interrupted} or {@code upload-stalled}. */
    record Broken(Problem problem, boolean allBytesSent, Cause cause) implements PutResult {}

    /** {@code upload-corrupted}: the bytes that were read, or that the bucket has stored, differ from those of the check. */
    record Corrupted(Problem problem) implements PutResult {}
}
