package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import okhttp3.Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** One row per answer of the bucket. */
class BucketClassifierTest {
    static final Instant NOW = SentFile.NOW;
    static final Instant LATER = NOW.plus(Duration.ofHours(1));
    static final Instant EARLIER = NOW.minus(Duration.ofSeconds(1));
    static final CheckedImage CHECKED = new CheckedImage(
            10,
            10,
            "",
            "0123456789abcdef0123456789abcdef",
            0,
            new DiskContents(null, null, null, "none", List.of(), List.of()));

    private static String xml(String code, String message) {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>" + code + "</Code><Message>" + message
                + "</Message><RequestId>tx0</RequestId><HostId>1-default</HostId></Error>";
    }

    private static PutResult classified(
            int status, Headers headers, String body, Instant expires, PutProgress.Sent sent) {
        return BucketClassifier.of(
                new HttpAnswer(status, headers, body),
                SentFile.url("https", 443, expires),
                CHECKED,
                sent,
                Duration.ofSeconds(3),
                NOW);
    }

    static Stream<Arguments> refusals() {
        Headers none = Headers.of();
        return Stream.of(
                Arguments.of(
                        403,
                        none,
                        xml("SignatureDoesNotMatch", ""),
                        LATER,
                        ErrorCode.UPLOAD_REFUSED,
                        Cause.JOB,
                        "SignatureDoesNotMatch"),
                Arguments.of(
                        403, none, xml("AccessDenied", ""), LATER, ErrorCode.UPLOAD_REFUSED, Cause.JOB, "AccessDenied"),
                // the local clock does not matter
                Arguments.of(
                        403,
                        none,
                        xml("AccessDenied", ""),
                        EARLIER,
                        ErrorCode.UPLOAD_REFUSED,
                        Cause.JOB,
                        "AccessDenied"),
                Arguments.of(
                        403,
                        none,
                        xml("AccessDenied", "Request has expired"),
                        LATER,
                        ErrorCode.UPLOAD_URL_EXPIRED,
                        Cause.JOB,
                        "AccessDenied"),
                // nor does the page of a proxy
                Arguments.of(
                        403,
                        Headers.of("Date", "Tue, 24 Nov 2026 12:00:00 GMT"),
                        "<html>Your session has expired</html>",
                        LATER,
                        ErrorCode.UPLOAD_REFUSED,
                        Cause.JOB,
                        "(403)"),
                // the clock of the bucket decides
                Arguments.of(
                        403,
                        Headers.of("Date", "Tue, 24 Nov 2026 12:00:00 GMT"),
                        xml("AccessDenied", ""),
                        LATER,
                        ErrorCode.UPLOAD_URL_EXPIRED,
                        Cause.JOB,
                        "AccessDenied"),
                Arguments.of(
                        403,
                        Headers.of("Date", "Tue, 24 Nov 2026 08:00:00 GMT"),
                        xml("AccessDenied", ""),
                        EARLIER,
                        ErrorCode.UPLOAD_REFUSED,
                        Cause.JOB,
                        "AccessDenied"),
                Arguments.of(403, none, "<html>go away</html>", LATER, ErrorCode.UPLOAD_REFUSED, Cause.JOB, "(403)"),
                Arguments.of(
                        400,
                        none,
                        xml("EntityTooLarge", ""),
                        LATER,
                        ErrorCode.UPLOAD_REFUSED,
                        Cause.JOB,
                        "EntityTooLarge"),
                Arguments.of(
                        411,
                        none,
                        xml("MissingContentLength", ""),
                        LATER,
                        ErrorCode.UPLOAD_REFUSED,
                        Cause.JOB,
                        "MissingContentLength"),
                Arguments.of(
                        404, none, xml("NoSuchBucket", ""), LATER, ErrorCode.UPLOAD_REFUSED, Cause.JOB, "NoSuchBucket"),
                Arguments.of(
                        301,
                        Headers.of("Location", "https://x/"),
                        "",
                        LATER,
                        ErrorCode.UPLOAD_REFUSED,
                        Cause.JOB,
                        "not followed"),
                Arguments.of(
                        500,
                        none,
                        xml("InternalError", ""),
                        LATER,
                        ErrorCode.UPLOAD_REFUSED,
                        Cause.SERVER,
                        "InternalError"),
                Arguments.of(
                        502, none, "<html>Bad Gateway</html>", LATER, ErrorCode.UPLOAD_REFUSED, Cause.SERVER, "(502)"),
                Arguments.of(
                        503,
                        none,
                        xml("SlowDown", ""),
                        LATER,
                        ErrorCode.UPLOAD_REFUSED,
                        Cause.RATE_LIMITED,
                        "SlowDown"),
                Arguments.of(429, none, "", LATER, ErrorCode.UPLOAD_REFUSED, Cause.RATE_LIMITED, "429"),
                Arguments.of(408, none, "", LATER, ErrorCode.UPLOAD_REFUSED, Cause.SERVER, "408"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void classifies_refusals(
            int status, Headers headers, String body, Instant expires, ErrorCode code, Cause cause, String inMessage) {
        PutResult result = classified(status, headers, body, expires, PutProgress.Sent.PART);

        assertThat(result).isInstanceOfSatisfying(PutResult.Refused.class, refused -> {
            assertThat(refused.problem().code()).isEqualTo(code);
            assertThat(refused.cause()).isEqualTo(cause);
            assertThat(refused.problem().message()).contains(inMessage, "127.0.0.1:443");
            assertThat(refused.allBytesSent()).isFalse();
        });
        assertThat(result.toString()).doesNotContain(SentFile.SIGNATURE, "ACCESSKEY");
    }

    @Test
    void keeps_the_retry_after_of_a_busy_bucket() {
        PutResult result = classified(
                503, Headers.of("Retry-After", "20"), xml("SlowDown", ""), LATER, PutProgress.Sent.MAYBE_ALL);

        assertThat(result).isInstanceOfSatisfying(PutResult.Refused.class, refused -> {
            assertThat(refused.problem().retryAfter()).contains(Duration.ofSeconds(20));
            assertThat(refused.allBytesSent()).isTrue();
        });
    }

    @ParameterizedTest
    @EnumSource(PutProgress.Sent.class)
    void a_200_is_a_success_only_after_the_last_byte(PutProgress.Sent sent) {
        PutResult result = classified(200, Headers.of("ETag", "\"" + CHECKED.md5() + "\""), "", LATER, sent);

        switch (sent) {
            case ALL -> assertThat(result).isEqualTo(new PutResult.Stored(CHECKED.md5(), 10, Duration.ofSeconds(3)));
            case MAYBE_ALL, PART ->
                assertThat(result).isInstanceOfSatisfying(PutResult.Broken.class, broken -> {
                    assertThat(broken.problem().code()).isEqualTo(ErrorCode.UPLOAD_INTERRUPTED);
                    assertThat(broken.allBytesSent()).isEqualTo(sent == PutProgress.Sent.MAYBE_ALL);
                });
        }
    }
}
