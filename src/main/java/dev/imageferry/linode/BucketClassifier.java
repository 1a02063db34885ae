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
 * The one place that says what an answer of the bucket means. Pure: no clock, no network. The errors are S3's XML; only
 * its {@code Code} is taken, by a pattern and not by a parser, so that no document can make us load anything.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html">S3's error answers</a>
 */
final class BucketClassifier {
    private static final Pattern CODE = Pattern.compile("<Code>\\s*([A-Za-z0-9.]{1,64})\\s*</Code>");
    private static final Pattern EXPIRED = Pattern.compile("\\bexpired\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern MD5 = Pattern.compile("[0-9a-fA-F]{32}");

    private BucketClassifier() {}

    /**
     * An answer was read.
     *
     * @param answer with the first few KiB of its body
     * @param sent how much of the file went out before the answer was read
     * @param now our time, for an answer without {@code Date}
     */
    static PutResult of(
            HttpAnswer answer, UploadUrl url, CheckedImage checked, PutProgress.Sent sent, Duration took, Instant now) {
        boolean allBytesSent = sent != PutProgress.Sent.PART;
        int status = answer.status();
        if (answer.isSuccess()) {
            return sent == PutProgress.Sent.ALL ? stored(answer, checked, took) : premature(status, url, allBytesSent);
        }
        String code = code(answer.body());
        String said = code == null ? String.valueOf(status) : status + " " + code;
        if (status == 403 && code != null && isExpired(answer, url)) {
            return new PutResult.Refused(
                    new Problem(
                            ErrorCode.UPLOAD_URL_EXPIRED,
                            "the upload address at " + url.host() + " is no longer valid (" + said
                                    + "): the image is made anew"),
                    allBytesSent,
                    Cause.JOB);
        }
        String what = "the bucket at " + url.host() + " refused the file (" + said + ")";
        if (status >= 300 && status < 400) {
            what += ": redirects are not followed";
        }
        boolean itsOwnFault = status >= 500 || status == 408 || status == 429;
        @Nullable
        Duration wait =
                itsOwnFault ? WaitHeaders.retryAfter(answer.headers(), now).orElse(null) : null;
        // S3's SlowDown is a 503, and so is what a proxy in front of a gateway that is down answers
        boolean asksForRest = status == 503 || status == 429;
        Cause cause = asksForRest ? Cause.RATE_LIMITED : itsOwnFault ? Cause.SERVER : Cause.JOB;
        return new PutResult.Refused(new Problem(ErrorCode.UPLOAD_REFUSED, what, wait), allBytesSent, cause);
    }

    private static PutResult stored(HttpAnswer answer, CheckedImage checked, Duration took) {
        String etag = etag(answer);
        if (etag != null && MD5.matcher(etag).matches() && !etag.equalsIgnoreCase(checked.md5())) {
            return new PutResult.Corrupted(new Problem(
                    ErrorCode.UPLOAD_CORRUPTED,
                    "the bucket stored something else than the file: its MD5 is " + etag + ", the file's is "
                            + checked.md5() + "; the image is made anew"));
        }
        return new PutResult.Stored(etag, checked.compressedBytes(), took);
    }

    /** A 200 proves nothing while bytes are missing. */
    private static PutResult premature(int status, UploadUrl url, boolean allBytesSent) {
        return new PutResult.Broken(
                new Problem(
                        ErrorCode.UPLOAD_INTERRUPTED,
                        "the bucket at " + url.host() + " answered " + status + " before it had the whole file"),
                allBytesSent,
                Cause.SERVER);
    }

    /** By the bucket's words or its own clock, which ours may be hours away from. */
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

    /** Without quotes and without the mark of a weak one. */
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
