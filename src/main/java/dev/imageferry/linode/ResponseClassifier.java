package dev.imageferry.linode;

import com.fasterxml.jackson.databind.JsonNode;
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
 * <p>A verdict (on the token, the account, an image or the request) is taken only from a refusal in the API's own form, and
 * a result only from the JSON that the call is documented to give. Everything else is an error of the service or of
 * something in between, and leaves open whether a call that changes something had its effect.
 */
final class ResponseClassifier {
    /** A 429 that names no time and is not the API's, whose own limits {@link ApiThrottle} keeps. */
    private static final Duration UNNAMED_REST = Duration.ofSeconds(15);

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
    static <T> Answer<T> of(Operation operation, ApiAnswer answer, Instant now, Shape<T> shape) {
        if (answer.isSuccess()) {
            return shape.read(answer.json())
                    .<Answer<T>>map(Answer.Ok::new)
                    .orElseGet(() -> serverError(operation, answer, "nothing usable was in the answer", null));
        }
        @Nullable Duration wait = WaitHeaders.retryAfter(answer.headers(), now).orElse(null);
        return answer.isRefusalOfTheApi() ? refusal(operation, answer, now, wait) : foreign(operation, answer, wait);
    }

    /** The API's own word. */
    private static <T> Answer<T> refusal(Operation operation, ApiAnswer answer, Instant now, @Nullable Duration wait) {
        ApiErrors errors = answer.errors();
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
            return serverError(operation, answer, errors.inWords(), wait);
        }
        if (status == 401) {
            return unauthorized("Linode does not accept the token for the call to " + operation.words() + " (401: "
                    + errors.inWords()
                    + "): renew it in imageferry.linode.token-file or LINODE_TOKEN, with the scopes"
                    + " images:read_write and events:read_only");
        }
        if (operation.carriesTheJob() && errors.isQuota()) {
            return quota(operation, answer);
        }
        if (status == 403) {
            return unauthorized("Linode does not let the token " + operation.words() + " (403: " + errors.inWords()
                    + "): it needs the scopes images:read_write and events:read_only");
        }
        if (status == 404) {
            return notFound(operation, answer);
        }
        if (status == 400 && errors.isBusy()) {
            return known(
                    ErrorCode.LINODE_ERROR,
                    "Linode is busy with this image (400: " + errors.inWords() + ")",
                    wait,
                    Cause.BUSY);
        }
        return known(
                operation.carriesTheJob() ? ErrorCode.LINODE_REJECTED : ErrorCode.LINODE_ERROR,
                "Linode refused to " + operation.words() + " (" + status + "): " + errors.inWords(),
                null,
                Cause.JOB);
    }

    /** Somebody else's word: a proxy's, a firewall's, a gateway's. It says nothing but that this call got no answer. */
    private static <T> Answer<T> foreign(Operation operation, ApiAnswer answer, @Nullable Duration wait) {
        int status = answer.status();
        if (status == 429) {
            return new Answer.Refused<>(
                    new Problem(
                            ErrorCode.RATE_LIMITED,
                            "something between here and Linode's API asks for fewer calls to " + operation.words()
                                    + " (429)",
                            wait == null ? UNNAMED_REST : wait),
                    operation.changes(),
                    Cause.RATE_LIMITED);
        }
        if (status >= 300 && status < 400) {
            return serverError(operation, answer, "a redirect, which is not followed", wait);
        }
        if (status == 408 || status >= 500) {
            return serverError(operation, answer, "no reason given", wait);
        }
        String type = answer.headers().get("Content-Type");
        return serverError(
                operation,
                answer,
                "the answer (" + (type == null ? "without Content-Type" : Words.foreign(type))
                        + ") is not in the API's own form and is not believed; check for a proxy or firewall in between, and"
                        + " imageferry.linode.url",
                wait);
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

    private static <T> Answer<T> notFound(Operation operation, ApiAnswer answer) {
        String why = answer.errors().inWords();
        return switch (operation) {
            case GET, DELETE, REPLICATE -> new Answer.NotFound<>();
            case CREATE ->
                known(
                        ErrorCode.LINODE_ERROR,
                        "Linode answered 404 to the call to create the image (" + why
                                + "): check that the image's region takes uploads",
                        null,
                        Cause.JOB);
            case LIST, EVENTS, PROFILE, PUT ->
                serverError(operation, answer, why + ": is imageferry.linode.url right?", null);
        };
    }

    private static <T> Answer<T> quota(Operation operation, ApiAnswer answer) {
        return known(
                ErrorCode.QUOTA_EXCEEDED,
                "Linode's account holds as much as it may, it did not " + operation.words() + " (" + answer.status()
                        + ": " + answer.errors().inWords()
                        + "): delete images or ask Linode's support for more",
                null,
                Cause.QUOTA);
    }

    private static <T> Answer<T> unauthorized(String message) {
        return known(ErrorCode.LINODE_UNAUTHORIZED, message, null, Cause.UNAUTHORIZED);
    }

    private static <T> Answer<T> serverError(
            Operation operation, ApiAnswer answer, String what, @Nullable Duration wait) {
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
}
