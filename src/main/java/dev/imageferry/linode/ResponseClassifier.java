package dev.imageferry.linode;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one place that says what an answer of the API means. Pure: no clock, no network.
 *
 * <p>Two readings are decisions rather than facts. A 404 to the create call, in the API's own form, is taken for a full
 * account: that call names nothing that could be missing, such refusals have been seen as a misleading 404, and waiting
 * loses nothing while failing every job would. A 404 as an HTML page comes from something in between and never means
 * that an image is gone.
 */
final class ResponseClassifier {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ResponseClassifier() {}

    /** Takes what is needed out of a good answer; empty when it is not in there. */
    @FunctionalInterface
    interface Shape<T> {
        Optional<T> read(JsonNode json);
    }

    /**
     * An answer was read.
     *
     * @param now for what the answer says in points in time
     */
    static <T> Answer<T> of(Operation operation, HttpAnswer answer, Instant now, Shape<T> shape) {
        JsonNode json = json(answer.body());
        if (answer.isSuccess()) {
            return shape.read(json)
                    .<Answer<T>>map(Answer.Ok::new)
                    .orElseGet(() -> serverError(operation, answer, "nothing usable was in the answer", null));
        }
        ApiErrors errors = ApiErrors.of(json);
        @Nullable Duration wait = WaitHeaders.retryAfter(answer.headers(), now).orElse(null);
        int status = answer.status();
        if (status == 429) {
            @Nullable
            Duration rest = wait != null
                    ? wait
                    : WaitHeaders.rateLimitReset(answer.headers(), now).orElse(null);
            return known(ErrorCode.RATE_LIMITED, "Linode asks for fewer calls (429)", rest, Cause.RATE_LIMITED);
        }
        if (status == 503 && answer.headers().get("X-Maintenance-Mode") != null) {
            return known(ErrorCode.LINODE_UNAVAILABLE, "Linode's API is in maintenance (503)", wait, Cause.SERVER);
        }
        if (status == 408 || status >= 500 || status < 400) {
            String what = status >= 300 && status < 400
                    ? "a redirect, which is not followed"
                    : errors.isPresent() ? errors.inWords() : "no reason given";
            return serverError(operation, answer, what, wait);
        }
        if (status == 401) {
            return unauthorized("Linode does not accept the token (401: " + errors.inWords()
                    + "): renew it in imageferry.linode.token-file or LINODE_TOKEN");
        }
        if ((operation == Operation.CREATE || operation == Operation.REPLICATE) && errors.isQuota()) {
            return quota(operation, answer, errors.inWords());
        }
        if (status == 403) {
            return unauthorized("Linode does not let the token " + operation.words() + " (403: " + errors.inWords()
                    + "): it needs the scopes images:read_write and events:read_only");
        }
        if (status == 404) {
            return notFound(operation, answer, errors);
        }
        if (status == 400 && errors.isBusy()) {
            return known(
                    ErrorCode.LINODE_ERROR,
                    "Linode is busy with this image (400: " + errors.inWords() + ")",
                    wait,
                    Cause.BUSY);
        }
        return known(
                ErrorCode.LINODE_REJECTED,
                "Linode refused to " + operation.words() + " (" + status + "): " + errors.inWords(),
                null,
                Cause.JOB);
    }

    /**
     * No answer was read.
     *
     * @param sent whether the request may have left
     */
    static <T> Answer<T> of(Operation operation, IOException failure, boolean sent) {
        if (!sent) {
            return known(
                    ErrorCode.LINODE_UNAVAILABLE,
                    "no connection to Linode's API (" + Words.of(failure) + ")",
                    null,
                    Cause.UNREACHABLE);
        }
        return new Answer.Refused<>(
                new Problem(
                        ErrorCode.LINODE_ERROR,
                        "the connection to Linode's API broke before it answered the call to " + operation.words()
                                + " (" + Words.of(failure) + ")"),
                operation.changes(),
                Cause.UNREACHABLE);
    }

    /** A call that was not made because Linode asked for a rest. */
    static <T> Answer<T> resting(Operation operation, Duration rest) {
        return known(
                ErrorCode.RATE_LIMITED,
                "Linode asked for fewer calls: the next one to " + operation.words() + " goes out in " + Words.of(rest),
                rest,
                Cause.RATE_LIMITED);
    }

    private static <T> Answer<T> notFound(Operation operation, HttpAnswer answer, ApiErrors errors) {
        if (answer.isHtml()) {
            return serverError(
                    operation, answer, "a page that is not the API's: is imageferry.linode.url right?", null);
        }
        return switch (operation) {
            case GET, DELETE, REPLICATE -> new Answer.NotFound<>();
            case CREATE ->
                quota(operation, answer, errors.inWords() + "; seen when the account is full, else check the region");
            case LIST, EVENTS, PROFILE, PUT ->
                serverError(operation, answer, errors.inWords() + ": is imageferry.linode.url right?", null);
        };
    }

    private static <T> Answer<T> quota(Operation operation, HttpAnswer answer, String why) {
        return known(
                ErrorCode.QUOTA_EXCEEDED,
                "Linode's account holds as much as it may, it did not " + operation.words() + " (" + answer.status()
                        + ": " + why + "): delete images or ask Linode's support for more",
                null,
                Cause.QUOTA);
    }

    private static <T> Answer<T> unauthorized(String message) {
        return known(ErrorCode.LINODE_UNAUTHORIZED, message, null, Cause.UNAUTHORIZED);
    }

    private static <T> Answer<T> serverError(
            Operation operation, HttpAnswer answer, String what, @Nullable Duration wait) {
        return new Answer.Refused<>(
                new Problem(
                        ErrorCode.LINODE_ERROR,
                        "Linode answered " + answer.status() + " to the call to " + operation.words() + ": " + what,
                        wait),
                operation.changes(),
                Cause.SERVER);
    }

    private static <T> Answer<T> known(ErrorCode code, String message, @Nullable Duration wait, Cause cause) {
        return new Answer.Refused<>(new Problem(code, message, wait), false, cause);
    }

    /** An empty body is an empty object; what is no JSON is nothing. */
    private static JsonNode json(String body) {
        if (body.isBlank()) {
            return new ObjectNode(JSON.getNodeFactory());
        }
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }
}
