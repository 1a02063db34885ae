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
 * Decides what an answer of the API means. Has no clock and no network access.
 *
 * <p>Only an error in the API's own form decides about the token, the account, an image or the request, and only the
 * documented JSON is a result. Everything else is an error of the service or of a proxy. It is then unknown whether a call
 * that changes something had its effect.
 */
final class ResponseClassifier {
    /** For a 429 of a proxy that names no time. {@link ApiThrottle} handles the limits of the API itself. */
    private static final Duration DEFAULT_PAUSE = Duration.ofSeconds(15);

    private ResponseClassifier() {}

    /** Extracts the result from a successful answer; empty if it is not there. */
    @FunctionalInterface
    interface Parser<T> {
        Optional<T> parse(JsonNode json);
    }

    /**
     * Classifies an answer.
     *
     * @param now for answers without {@code Date}
     */
    static <T> Answer<T> of(Operation operation, ApiAnswer answer, Instant now, Parser<T> parser) {
        if (answer.isSuccess()) {
            return parser.parse(answer.json())
                    .<Answer<T>>map(Answer.Ok::new)
                    .orElseGet(() -> serverError(operation, answer, "the answer has no usable content", null));
        }
        @Nullable Duration wait = WaitHeaders.retryAfter(answer.headers(), now).orElse(null);
        return answer.isApiError() ? refusal(operation, answer, now, wait) : notFromApi(operation, answer, wait);
    }

    /** An error in the API's own form. */
    private static <T> Answer<T> refusal(Operation operation, ApiAnswer answer, Instant now, @Nullable Duration wait) {
        ApiErrors errors = answer.errors();
        int status = answer.status();
        if (status == 429) {
            @Nullable
            Duration pause = wait != null
                    ? wait
                    : WaitHeaders.rateLimitReset(answer.headers(), now).orElse(null);
            return refused(ErrorCode.RATE_LIMITED, "Linode's rate limit is reached (429)", pause, Cause.RATE_LIMITED);
        }
        if (status == 503 && answer.headers().get("X-Maintenance-Mode") != null) {
            return refused(ErrorCode.LINODE_UNAVAILABLE, "Linode's API is in maintenance (503)", wait, Cause.SERVER);
        }
        if (status == 408 || status >= 500 || status < 400) {
            return serverError(operation, answer, errors.text(), wait);
        }
        if (status == 401) {
            return unauthorized(
                    "Linode does not accept the token for the call to " + operation.description() + " (401: "
                            + errors.text()
                            + "): renew it in imageferry.linode.token-file or LINODE_TOKEN, with the scopes"
                            + " images:read_write and events:read_only");
        }
        if (operation.isForJob() && errors.isQuota()) {
            return quota(operation, answer);
        }
        if (status == 403) {
            return unauthorized("Linode does not allow the token to " + operation.description() + " (403: "
                    + errors.text() + "): it needs the scopes images:read_write and events:read_only");
        }
        if (status == 404) {
            return notFound(operation, answer);
        }
        if (status == 400 && errors.isBusy()) {
            return refused(
                    ErrorCode.LINODE_ERROR,
                    "Linode is busy with this image (400: " + errors.text() + ")",
                    wait,
                    Cause.BUSY);
        }
        return refused(
                operation.isForJob() ? ErrorCode.LINODE_REJECTED : ErrorCode.LINODE_ERROR,
                "Linode refused to " + operation.description() + " (" + status + "): " + errors.text(),
                null,
                Cause.JOB);
    }

    /** An error of a proxy, a firewall or a gateway. It counts as a call without an answer. */
    private static <T> Answer<T> notFromApi(Operation operation, ApiAnswer answer, @Nullable Duration wait) {
        int status = answer.status();
        if (status == 429) {
            return new Answer.Refused<>(
                    new Problem(
                            ErrorCode.RATE_LIMITED,
                            "a proxy in front of Linode's API limits the rate of calls to " + operation.description()
                                    + " (429)",
                            wait == null ? DEFAULT_PAUSE : wait),
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
                "the answer (" + (type == null ? "without Content-Type" : MessageText.sanitized(type))
                        + ") is not in the API's own form: check imageferry.linode.url, and proxies and firewalls in"
                        + " between",
                wait);
    }

    /**
     * Classifies a call without an answer.
     *
     * @param sent whether the request may have been sent
     */
    static <T> Answer<T> of(Operation operation, IOException failure, boolean sent) {
        if (!sent) {
            return refused(
                    ErrorCode.LINODE_UNAVAILABLE,
                    "no connection to Linode's API (" + MessageText.of(failure) + ")",
                    null,
                    Cause.UNREACHABLE);
        }
        return new Answer.Refused<>(
                new Problem(
                        ErrorCode.LINODE_ERROR,
                        "the connection to Linode's API broke during the call to " + operation.description() + " ("
                                + MessageText.of(failure) + ")"),
                operation.changes(),
                Cause.UNREACHABLE);
    }

    /** A call that was not made because of Linode's rate limit. */
    static <T> Answer<T> throttled(Operation operation, Duration pause) {
        return refused(
                ErrorCode.RATE_LIMITED,
                "Linode's rate limit is reached: the next call to " + operation.description() + " is in "
                        + MessageText.of(pause),
                pause,
                Cause.RATE_LIMITED);
    }

    private static <T> Answer<T> notFound(Operation operation, ApiAnswer answer) {
        String why = answer.errors().text();
        return switch (operation) {
            case GET, DELETE, REPLICATE -> new Answer.NotFound<>();
            case CREATE ->
                refused(
                        ErrorCode.LINODE_ERROR,
                        "Linode answered 404 to the call to create the image (" + why
                                + "): check that the region of the image accepts uploads",
                        null,
                        Cause.JOB);
            case LIST, EVENTS, REGIONS, PROFILE, PUT ->
                serverError(operation, answer, why + ": check imageferry.linode.url", null);
        };
    }

    private static <T> Answer<T> quota(Operation operation, ApiAnswer answer) {
        return refused(
                ErrorCode.QUOTA_EXCEEDED,
                "a limit of the Linode account is reached, so Linode refused to " + operation.description() + " ("
                        + answer.status() + ": " + answer.errors().text()
                        + "): delete images or ask Linode support for a higher limit",
                null,
                Cause.QUOTA);
    }

    private static <T> Answer<T> unauthorized(String message) {
        return refused(ErrorCode.LINODE_UNAUTHORIZED, message, null, Cause.UNAUTHORIZED);
    }

    private static <T> Answer<T> serverError(
            Operation operation, ApiAnswer answer, String what, @Nullable Duration wait) {
        return new Answer.Refused<>(
                new Problem(
                        ErrorCode.LINODE_ERROR,
                        "Linode answered " + answer.status() + " to the call to " + operation.description() + ": "
                                + what,
                        wait),
                operation.changes(),
                Cause.SERVER);
    }

    private static <T> Answer<T> refused(ErrorCode code, String message, @Nullable Duration wait, Cause cause) {
        return new Answer.Refused<>(new Problem(code, message, wait), false, cause);
    }
}
