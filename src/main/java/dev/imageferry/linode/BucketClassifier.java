package dev.imageferry.linode;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import dev.imageferry.job.UploadUrl;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides what an answer of the bucket means. Has no clock and no network access. Errors are S3's XML, of which only
 * {@code Code} is read, with a pattern instead of an XML parser, so that no external entity can be loaded.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html">S3's error answers</a>
 */
final class BucketClassifier {
    private static final Pattern CODE = Pattern.compile("<Code>\\s*([A-Za-z0-9.]{1,64})\\s*</Code>");
    private static final Pattern EXPIRED = Pattern.compile("\\bexpired\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern MD5 = Pattern.compile("[0-9a-fA-F]{32}");

    private BucketClassifier() {}

    /**
     * Classifies an answer.
     *
     * @param answer with the first KiB of its body
     * @param sent how much of the file was sent before the answer was read
     * @param now for an answer without {@code Date}
     */
    static PutResult of(
            HttpAnswer answer, UploadUrl url, CheckedImage checked, PutProgress.Sent sent, Duration took, Instant now) {
        boolean allBytesSent = sent != PutProgress.Sent.PART;
        int status = answer.status();
        if (answer.isSuccess()) {
            return sent == PutProgress.Sent.ALL ? stored(answer, checked, took) : premature(status, url, allBytesSent);
        }
        String code = code(answer.body());
        String detail = code == null ? String.valueOf(status) : status + " " + code;
        if (status == 403 && code != null && isExpired(answer, url)) {
            return new PutResult.Refused(
                    new Problem(
                            ErrorCode.UPLOAD_URL_EXPIRED,
                            "the upload URL at " + url.host() + " has expired (" + detail
                                    + "): the image will be created again"),
                    allBytesSent,
                    Cause.JOB);
        }
        String what = "the bucket at " + url.host() + " refused the file (" + detail + ")";
        if (status >= 300 && status < 400) {
            what += ": redirects are not followed";
        }
        boolean temporary = status >= 500 || status == 408 || status == 429;
        @Nullable
        Duration wait =
                temporary ? WaitHeaders.retryAfter(answer.headers(), now).orElse(null) : null;
        // a 503 is S3's SlowDown, or a proxy in front of a gateway that is down
        boolean asksForPause = status == 503 || status == 429;
        Cause cause = asksForPause ? Cause.RATE_LIMITED : temporary ? Cause.SERVER : Cause.JOB;
        return new PutResult.Refused(new Problem(ErrorCode.UPLOAD_REFUSED, what, wait), allBytesSent, cause);
    }

    private static PutResult stored(HttpAnswer answer, CheckedImage checked, Duration took) {
        String etag = etag(answer);
        if (etag != null && MD5.matcher(etag).matches() && !etag.equalsIgnoreCase(checked.md5())) {
            return new PutResult.Corrupted(new Problem(
                    ErrorCode.UPLOAD_CORRUPTED,
                    "the bucket stored other bytes than those of the file: the MD5 is " + etag + " instead of "
                            + checked.md5() + "; the image will be created again"));
        }
        return new PutResult.Stored(etag, checked.compressedBytes(), took);
    }

    /** A 200 before all bytes were sent does not prove that they were stored. */
    private static PutResult premature(int status, UploadUrl url, boolean allBytesSent) {
        return new PutResult.Broken(
                new Problem(
                        ErrorCode.UPLOAD_INTERRUPTED,
                        "the bucket at " + url.host() + " answered " + status
                                + " before it had received the whole file"),
                allBytesSent,
                Cause.SERVER);
    }

    /** By the text of the error or the clock of the bucket, from which the local clock can differ. */
    private static boolean isExpired(HttpAnswer answer, UploadUrl url) {
        Instant date = answer.headers().getInstant("Date");
        return EXPIRED.matcher(answer.body()).find()
                || (date != null
                        && url.expires().filter(end -> !date.isBefore(end)).isPresent());
    }

    private static @Nullable String code(String body) {
        Matcher matcher = CODE.matcher(body);
        return matcher.find() ? matcher.group(1) : null;
    }

    /** Without quotes and without the prefix of a weak ETag. */
    private static @Nullable String etag(HttpAnswer answer) {
        String header = answer.headers().get("ETag");
        if (header == null) {
            return null;
        }
        String bare = header.strip();
        if (bare.startsWith("W/")) {
            bare = bare.substring(2);
        }
        return bare.length() >= 2 && bare.startsWith("\"") && bare.endsWith("\"")
                ? bare.substring(1, bare.length() - 1)
                : bare;
    }
}
