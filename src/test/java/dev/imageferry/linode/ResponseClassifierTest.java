package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.ErrorCode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import okhttp3.Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** One row per answer. */
class ResponseClassifierTest {
    static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");

    static final String HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>";
    static final String IMAGE = "{\"id\":\"private/123\",\"status\":\"pending_upload\"}";

    private static String error(String reason) {
        return "{\"errors\":[{\"reason\":\"" + reason + "\"}]}";
    }

    private static String error(String field, String reason) {
        return "{\"errors\":[{\"field\":\"" + field + "\",\"reason\":\"" + reason + "\"}]}";
    }

    private static Arguments row(
            Operation operation,
            int status,
            String headers,
            String body,
            ErrorCode code,
            Cause cause,
            boolean unknown,
            String inMessage) {
        return Arguments.of(operation, status, headers, body, code, cause, unknown, inMessage);
    }

    static Stream<Arguments> refusals() {
        Operation create = Operation.CREATE;
        Operation get = Operation.GET;
        return Stream.of(
                // 400: field and reason unchanged
                row(
                        create,
                        400,
                        "",
                        error("region", "Region is not valid"),
                        ErrorCode.LINODE_REJECTED,
                        Cause.JOB,
                        false,
                        "region: Region is not valid"),
                row(
                        create,
                        400,
                        "",
                        error("Invalid request"),
                        ErrorCode.LINODE_REJECTED,
                        Cause.JOB,
                        false,
                        "Invalid request"),
                row(
                        create,
                        400,
                        "",
                        "{\"errors\":[{\"field\":\"label\",\"reason\":\"one\"},{\"field\":\"tags\",\"reason\":\"two\"}]}",
                        ErrorCode.LINODE_REJECTED,
                        Cause.JOB,
                        false,
                        "label: one; tags: two"),
                row(
                        create,
                        400,
                        "",
                        error("description", "Length exceeds the limit of 65000"),
                        ErrorCode.LINODE_REJECTED,
                        Cause.JOB,
                        false,
                        "description: Length"),
                row(create, 400, "", "", ErrorCode.LINODE_ERROR, Cause.SERVER, true, "not in the API's own form"),
                row(
                        Operation.EVENTS,
                        400,
                        "",
                        error("X-Filter", "Cannot filter on status"),
                        ErrorCode.LINODE_ERROR,
                        Cause.JOB,
                        false,
                        "X-Filter: Cannot filter on status"),
                row(create, 409, "", error("Conflict"), ErrorCode.LINODE_REJECTED, Cause.JOB, false, "409"),
                row(create, 422, "", error("Unprocessable"), ErrorCode.LINODE_REJECTED, Cause.JOB, false, "422"),
                // busy
                row(
                        Operation.DELETE,
                        400,
                        "",
                        error("Linode busy."),
                        ErrorCode.LINODE_ERROR,
                        Cause.BUSY,
                        false,
                        "Linode busy."),
                row(create, 400, "", error("linode BUSY"), ErrorCode.LINODE_ERROR, Cause.BUSY, false, "linode BUSY"),
                // quota, whose text is not documented
                row(
                        create,
                        400,
                        "",
                        error("Account Limit reached. Please open a support ticket."),
                        ErrorCode.QUOTA_EXCEEDED,
                        Cause.QUOTA,
                        false,
                        "Account Limit reached"),
                row(
                        create,
                        403,
                        "",
                        error("You have exceeded your image storage limit"),
                        ErrorCode.QUOTA_EXCEEDED,
                        Cause.QUOTA,
                        false,
                        "exceeded your image"),
                row(
                        create,
                        404,
                        "",
                        error("Not found"),
                        ErrorCode.LINODE_ERROR,
                        Cause.JOB,
                        false,
                        "region of the image accepts uploads"),
                row(
                        create,
                        422,
                        "",
                        error("Image quota used up"),
                        ErrorCode.QUOTA_EXCEEDED,
                        Cause.QUOTA,
                        false,
                        "quota"),
                row(
                        create,
                        400,
                        "",
                        error("You have reached the maximum number of private images"),
                        ErrorCode.QUOTA_EXCEEDED,
                        Cause.QUOTA,
                        false,
                        "maximum number"),
                row(
                        Operation.REPLICATE,
                        400,
                        "",
                        error("Storage limit exceeded"),
                        ErrorCode.QUOTA_EXCEEDED,
                        Cause.QUOTA,
                        false,
                        "Storage limit"),
                row(
                        Operation.REPLICATE,
                        404,
                        "",
                        error("Account Limit reached"),
                        ErrorCode.QUOTA_EXCEEDED,
                        Cause.QUOTA,
                        false,
                        "Account Limit"),
                // token
                row(
                        get,
                        401,
                        "",
                        error("Invalid Token"),
                        ErrorCode.LINODE_UNAUTHORIZED,
                        Cause.UNAUTHORIZED,
                        false,
                        "Invalid Token"),
                row(
                        Operation.EVENTS,
                        401,
                        "",
                        error("Your OAuth token is not authorized to use this endpoint."),
                        ErrorCode.LINODE_UNAUTHORIZED,
                        Cause.UNAUTHORIZED,
                        false,
                        "not authorized"),
                row(
                        create,
                        403,
                        "",
                        error("Unauthorized"),
                        ErrorCode.LINODE_UNAUTHORIZED,
                        Cause.UNAUTHORIZED,
                        false,
                        "images:read_write"),
                // 404 where nothing can be missing, or not from the API
                row(
                        get,
                        404,
                        "",
                        "<html>no such page</html>",
                        ErrorCode.LINODE_ERROR,
                        Cause.SERVER,
                        false,
                        "imageferry.linode.url"),
                row(
                        create,
                        404,
                        "Content-Type: text/html",
                        "no such page",
                        ErrorCode.LINODE_ERROR,
                        Cause.SERVER,
                        true,
                        "imageferry.linode.url"),
                row(
                        Operation.PROFILE,
                        404,
                        "",
                        error("Not found"),
                        ErrorCode.LINODE_ERROR,
                        Cause.SERVER,
                        false,
                        "imageferry.linode.url"),
                row(
                        Operation.LIST,
                        404,
                        "",
                        error("Not found"),
                        ErrorCode.LINODE_ERROR,
                        Cause.SERVER,
                        false,
                        "imageferry.linode.url"),
                // timeouts and errors of the service
                row(create, 408, "", error("Request timed out"), ErrorCode.LINODE_ERROR, Cause.SERVER, true, "408"),
                row(get, 408, "", error("Request timed out"), ErrorCode.LINODE_ERROR, Cause.SERVER, false, "408"),
                row(create, 500, "", error("Internal Server Error"), ErrorCode.LINODE_ERROR, Cause.SERVER, true, "500"),
                row(create, 502, "Content-Type: text/html", HTML, ErrorCode.LINODE_ERROR, Cause.SERVER, true, "502"),
                row(Operation.DELETE, 502, "", HTML, ErrorCode.LINODE_ERROR, Cause.SERVER, true, "502"),
                row(Operation.REPLICATE, 504, "", "", ErrorCode.LINODE_ERROR, Cause.SERVER, true, "504"),
                row(create, 503, "", "", ErrorCode.LINODE_ERROR, Cause.SERVER, true, "503"),
                row(
                        create,
                        503,
                        "X-Maintenance-Mode: api,read_only",
                        error("Maintenance"),
                        ErrorCode.LINODE_UNAVAILABLE,
                        Cause.SERVER,
                        false,
                        "maintenance"),
                row(get, 599, "", "", ErrorCode.LINODE_ERROR, Cause.SERVER, false, "599"),
                row(
                        create,
                        302,
                        "Location: https://elsewhere/",
                        "",
                        ErrorCode.LINODE_ERROR,
                        Cause.SERVER,
                        true,
                        "not followed"),
                row(get, 304, "", "", ErrorCode.LINODE_ERROR, Cause.SERVER, false, "304"),
                // a 200 without usable content
                row(create, 200, "", HTML, ErrorCode.LINODE_ERROR, Cause.SERVER, true, "no usable content"),
                row(create, 200, "", "", ErrorCode.LINODE_ERROR, Cause.SERVER, true, "no usable content"),
                row(create, 200, "", "[1,2]", ErrorCode.LINODE_ERROR, Cause.SERVER, true, "no usable content"),
                row(
                        create,
                        200,
                        "",
                        "{\"image\":{\"id\":\"priv",
                        ErrorCode.LINODE_ERROR,
                        Cause.SERVER,
                        true,
                        "no usable content"),
                row(
                        create,
                        200,
                        "",
                        "{\"image\":" + IMAGE + "}",
                        ErrorCode.LINODE_ERROR,
                        Cause.SERVER,
                        true,
                        "no usable content"),
                row(
                        create,
                        200,
                        "",
                        "{\"image\":{\"label\":\"x\"},\"upload_to\":\"https://b/x\"}",
                        ErrorCode.LINODE_ERROR,
                        Cause.SERVER,
                        true,
                        "no usable content"),
                row(
                        create,
                        200,
                        "",
                        "{\"image\":null,\"upload_to\":null}",
                        ErrorCode.LINODE_ERROR,
                        Cause.SERVER,
                        true,
                        "no usable content"),
                // limits
                row(
                        create,
                        429,
                        "Retry-After: 30",
                        error("Too many requests"),
                        ErrorCode.RATE_LIMITED,
                        Cause.RATE_LIMITED,
                        false,
                        "429"),
                row(
                        create,
                        429,
                        "",
                        error("Rate limit exceeded"),
                        ErrorCode.RATE_LIMITED,
                        Cause.RATE_LIMITED,
                        false,
                        "429"));
    }

    private static Headers headers(String line) {
        return line.isEmpty() ? Headers.of() : Headers.of(line.split(": ", 2));
    }

    private static Answer<CreatedImage> classified(Operation operation, int status, Headers headers, String body) {
        return ResponseClassifier.of(
                operation, ApiAnswer.of(new HttpAnswer(status, headers, body)), NOW, ResponseParsers::created);
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void classifies_refusals(
            Operation operation,
            int status,
            String header,
            String body,
            ErrorCode code,
            Cause cause,
            boolean unknown,
            String inMessage) {
        Answer<CreatedImage> answer = classified(operation, status, headers(header), body);

        assertThat(answer).isInstanceOfSatisfying(Answer.Refused.class, refused -> {
            assertThat(refused.problem().code()).isEqualTo(code);
            assertThat(refused.cause()).isEqualTo(cause);
            assertThat(refused.outcomeUnknown()).isEqualTo(unknown);
            assertThat(refused.problem().message()).contains(inMessage).doesNotContain("\n");
        });
    }

    @ParameterizedTest
    @EnumSource(
            value = Operation.class,
            names = {"GET", "DELETE", "REPLICATE"})
    void a_404_of_the_api_means_the_image_is_gone(Operation operation) {
        assertThat(classified(operation, 404, Headers.of(), error("Not found")))
                .isEqualTo(new Answer.NotFound<CreatedImage>());
    }

    static Stream<Arguments> waits() {
        return Stream.of(
                Arguments.of(429, List.of("Retry-After", "30"), Duration.ofSeconds(30)),
                Arguments.of(429, List.of("Retry-After", "Tue, 24 Nov 2026 10:01:00 GMT"), Duration.ofMinutes(1)),
                // the clock of Linode, not the local one
                Arguments.of(
                        429,
                        List.of(
                                "Retry-After",
                                "Tue, 24 Nov 2026 12:01:00 GMT",
                                "Date",
                                "Tue, 24 Nov 2026 12:00:00 GMT"),
                        Duration.ofMinutes(1)),
                Arguments.of(429, List.of("Retry-After", "Tue, 24 Nov 2026 09:00:00 GMT"), Duration.ZERO),
                Arguments.of(429, List.of("Retry-After", "99999999"), Duration.ofHours(1)),
                Arguments.of(
                        429,
                        List.of("X-RateLimit-Reset", String.valueOf(NOW.getEpochSecond() + 42)),
                        Duration.ofSeconds(42)),
                Arguments.of(
                        429,
                        List.of("X-RateLimit-Reset", String.valueOf(NOW.getEpochSecond() + 42), "Retry-After", "7"),
                        Duration.ofSeconds(7)),
                Arguments.of(503, List.of("Retry-After", "120"), Duration.ofMinutes(2)),
                Arguments.of(503, List.of("Retry-After", "120", "X-Maintenance-Mode", "api"), Duration.ofMinutes(2)));
    }

    @ParameterizedTest
    @MethodSource("waits")
    void keeps_the_retry_after(int status, List<String> headers, Duration expected) {
        Answer<CreatedImage> answer =
                classified(Operation.CREATE, status, Headers.of(headers.toArray(String[]::new)), error("Not now"));

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Answer.Refused.class,
                        refused ->
                                assertThat(refused.problem().retryAfterOrNull()).isEqualTo(expected));
    }

    @Test
    void ignores_an_invalid_retry_after() {
        Answer<CreatedImage> answer = classified(
                Operation.CREATE,
                429,
                Headers.of("Retry-After", "soon", "X-RateLimit-Reset", "-5"),
                error("Too many requests"));

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Answer.Refused.class,
                        refused ->
                                assertThat(refused.problem().retryAfterOrNull()).isNull());
    }

    static Stream<IOException> failuresBeforeTheRequest() {
        return Stream.of(
                new ConnectException("Connection refused"),
                new UnknownHostException("api.linode.com"),
                new SSLHandshakeException("PKIX path building failed"),
                new SocketTimeoutException("Connect timed out"));
    }

    @ParameterizedTest
    @MethodSource("failuresBeforeTheRequest")
    void a_call_that_failed_before_its_request_was_sent_had_no_effect(IOException failure) {
        Answer<CreatedImage> answer = ResponseClassifier.of(Operation.CREATE, failure, false);

        assertThat(answer).isInstanceOfSatisfying(Answer.Refused.class, refused -> {
            assertThat(refused.problem().code()).isEqualTo(ErrorCode.LINODE_UNAVAILABLE);
            assertThat(refused.outcomeUnknown()).isFalse();
            assertThat(refused.cause()).isEqualTo(Cause.UNREACHABLE);
        });
    }

    @ParameterizedTest
    @EnumSource(Operation.class)
    void a_call_that_failed_later_has_an_unknown_outcome_if_it_changes_something(Operation operation) {
        Answer<CreatedImage> answer = ResponseClassifier.of(operation, new SocketException("Connection reset"), true);

        assertThat(answer).isInstanceOfSatisfying(Answer.Refused.class, refused -> {
            assertThat(refused.problem().code()).isEqualTo(ErrorCode.LINODE_ERROR);
            assertThat(refused.outcomeUnknown()).isEqualTo(operation.changes());
            assertThat(refused.cause()).isEqualTo(Cause.UNREACHABLE);
        });
    }

    @Test
    void removes_url_queries_from_messages() {
        Answer<CreatedImage> answer = ResponseClassifier.of(
                Operation.CREATE,
                new IOException("bad url http://b/x?Signature=secret&Expires=1 \r\nsecond line"),
                true);

        assertThat(answer.toString()).doesNotContain("secret", "\n", "\r");
    }
}
