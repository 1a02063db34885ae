package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.job.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import okhttp3.Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** All calls with all statuses and forms of a body. Only the API's own form decides anything. */
class ResponseOriginTest {
    private static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");

    /** The consequence of an answer. */
    enum Outcome {
        /** It decides about the token, the account, the image or the request, or is a success. */
        VERDICT,
        /** An error of the service or of this call; a neutral call decides. */
        OUTAGE_OR_CALL,
        /** This call must wait, and others of its kind if the API said so. */
        REST,
        /** A counted error of this call. */
        CALL
    }

    /** The origin of the body. */
    enum Form {
        API("application/json", "{\"errors\":[{\"reason\":\"Account Limit reached. Please open a support ticket.\"}]}"),
        API_FIELD("application/json", "{\"errors\":[{\"field\":\"label\",\"reason\":\"Label is too long\"}]}"),
        HTML("text/html", "<html><body><h1>Not here</h1></body></html>"),
        TEXT("text/plain", "404 page not found\n"),
        EMPTY("", ""),
        JSON("application/json", "{\"message\":\"no Route matched with those values\"}"),
        JSON_IMAGELESS("application/json", "{\"id\":5,\"status\":\"ok\",\"error\":\"blocked\"}"),
        NO_ERRORS("application/json", "{\"errors\":[]}"),
        OTHER_ERRORS("application/vnd.api+json", "{\"errors\":[{\"status\":\"404\",\"title\":\"Not Found\"}]}"),
        ERRORS_IN_WORDS("application/json", "{\"errors\":\"blocked by policy\"}"),
        ERRORS_OF_WORDS("application/json", "{\"errors\":[\"blocked by policy\"]}"),
        CUT("application/json", "{\"errors\":[{\"reason\":\"Not found\"}]"),
        TWO("application/json", "{\"errors\":[{\"reason\":\"Not found\"}]} <!-- proxied -->");

        private final String type;
        private final String body;

        Form(String type, String body) {
            this.type = type;
            this.body = body;
        }

        Headers headers() {
            return type.isEmpty() ? Headers.of() : Headers.of("Content-Type", type);
        }

        boolean isTheApis() {
            return this == API || this == API_FIELD;
        }
    }

    private static Optional<?> read(Operation operation, JsonNode json) {
        return switch (operation) {
            case CREATE -> ResponseParsers.created(json);
            case GET, REPLICATE ->
                ResponseParsers.image(json).filter(image -> image.id().equals("private/5"));
            case DELETE -> ResponseParsers.done(json);
            case LIST -> ResponseParsers.images(json);
            case EVENTS -> ResponseParsers.events(json, "5");
            case REGIONS -> ResponseParsers.regionList(json);
            case PROFILE -> ResponseParsers.profile(json);
            case PUT -> throw new IllegalArgumentException("goes to the bucket");
        };
    }

    private static Answer<?> classified(Operation operation, int status, Form form) {
        return ResponseClassifier.of(
                operation,
                ApiAnswer.of(new HttpAnswer(status, form.headers(), form.body)),
                NOW,
                json -> read(operation, json).map(Object.class::cast));
    }

    private static Outcome outcome(Answer<?> answer) {
        return switch (answer) {
            case Answer.Ok<?> ok -> Outcome.VERDICT;
            case Answer.NotFound<?> notFound -> Outcome.VERDICT;
            case Answer.Refused<?> refused ->
                switch (refused.cause()) {
                    case UNAUTHORIZED, QUOTA -> Outcome.VERDICT;
                    case JOB -> refused.problem().code() == ErrorCode.LINODE_REJECTED ? Outcome.VERDICT : Outcome.CALL;
                    case BUSY -> Outcome.CALL;
                    case RATE_LIMITED -> Outcome.REST;
                    case SERVER, UNREACHABLE -> Outcome.OUTAGE_OR_CALL;
                };
        };
    }

    private static Stream<Operation> operations() {
        return Arrays.stream(Operation.values()).filter(operation -> operation != Operation.PUT);
    }

    static Stream<Arguments> foreign() {
        return operations()
                .flatMap(operation -> IntStream.of(
                                200, 204, 301, 400, 401, 403, 404, 407, 408, 410, 422, 429, 500, 502, 503)
                        .boxed()
                        .flatMap(status -> Arrays.stream(Form.values())
                                .filter(form -> !form.isTheApis())
                                .map(form -> Arguments.of(operation, status, form))));
    }

    @ParameterizedTest
    @MethodSource("foreign")
    void only_answers_of_the_api_decide_anything(Operation operation, int status, Form form) {
        Answer<?> answer = classified(operation, status, form);

        assertThat(outcome(answer)).isEqualTo(status == 429 ? Outcome.REST : Outcome.OUTAGE_OR_CALL);
        assertThat(answer).isInstanceOfSatisfying(Answer.Refused.class, refused -> {
            // it is not certain that nothing happened
            assertThat(refused.outcomeUnknown()).isEqualTo(operation.changes());
            assertThat(refused.problem().code())
                    .isEqualTo(status == 429 ? ErrorCode.RATE_LIMITED : ErrorCode.LINODE_ERROR);
            assertThat(refused.problem().message()).contains(String.valueOf(status), operation.description());
        });
    }

    private static Outcome ofTheApi(Operation operation, int status, Form form) {
        boolean limit = form == Form.API;
        return switch (status) {
            case 200 -> Outcome.OUTAGE_OR_CALL; // errors are not a result
            case 401 -> Outcome.VERDICT;
            case 403 -> Outcome.VERDICT;
            case 404 ->
                switch (operation) {
                    case GET, DELETE, REPLICATE -> Outcome.VERDICT;
                    case CREATE -> limit ? Outcome.VERDICT : Outcome.CALL;
                    case LIST, EVENTS, REGIONS, PROFILE, PUT -> Outcome.OUTAGE_OR_CALL;
                };
            case 400 ->
                switch (operation) {
                    case CREATE, REPLICATE -> Outcome.VERDICT;
                    case GET, DELETE, LIST, EVENTS, REGIONS, PROFILE, PUT -> Outcome.CALL;
                };
            case 429 -> Outcome.REST;
            default -> Outcome.OUTAGE_OR_CALL;
        };
    }

    static Stream<Arguments> apis() {
        return operations()
                .flatMap(operation -> IntStream.of(200, 400, 401, 403, 404, 408, 429, 500, 502, 503)
                        .boxed()
                        .flatMap(status -> Stream.of(Form.API, Form.API_FIELD)
                                .map(form ->
                                        Arguments.of(operation, status, form, ofTheApi(operation, status, form)))));
    }

    @ParameterizedTest
    @MethodSource("apis")
    void answers_of_the_api_are_accepted(Operation operation, int status, Form form, Outcome expected) {
        assertThat(outcome(classified(operation, status, form))).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(
            value = Form.class,
            names = {"API", "API_FIELD"})
    void only_a_limit_of_the_account_is_a_quota_error(Form form) {
        Answer<?> answer = classified(Operation.CREATE, 400, form);

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Answer.Refused.class,
                        refused -> assertThat(refused.cause()).isEqualTo(form == Form.API ? Cause.QUOTA : Cause.JOB));
    }

    @Test
    void a_429_of_a_proxy_delays_only_the_call_that_received_it() {
        ApiAnswer named = ApiAnswer.of(new HttpAnswer(429, Headers.of("Retry-After", "77"), "<html></html>"));
        ApiAnswer vague = ApiAnswer.of(new HttpAnswer(429, Headers.of(), ""));

        assertThat(waitOf(ResponseClassifier.of(Operation.GET, named, NOW, ResponseParsers::image)))
                .contains(Duration.ofSeconds(77));
        assertThat(waitOf(ResponseClassifier.of(Operation.GET, vague, NOW, ResponseParsers::image)))
                .contains(Duration.ofSeconds(15));
    }

    private static Optional<Duration> waitOf(Answer<RemoteImage> answer) {
        return ((Answer.Refused<RemoteImage>) answer).problem().retryAfter();
    }
}
