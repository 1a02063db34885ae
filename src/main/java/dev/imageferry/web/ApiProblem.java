package dev.imageferry.web;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * The body of every error answer (RFC 9457).
 *
 * @param type a URN for scripts; {@code about:blank} if the status is specific enough
 * @param instance the path of the request, or a URN that is also in the log line of a bug
 */
@Schema(name = "Problem", description = "An error (RFC 9457)")
record ApiProblem(
        @Schema(examples = "urn:imageferry:problem:bad-parameter")
        String type,

        String title,
        int status,
        String detail,
        String instance) {
    static final String MEDIA_TYPE = "application/problem+json";

    private static final String TYPES = "urn:imageferry:problem:";

    /** An error without a type of its own. */
    static ApiProblem ofStatus(int status, String detail, String instance) {
        return new ApiProblem(
                "about:blank", HttpResponseStatus.valueOf(status).reasonPhrase(), status, detail, instance);
    }

    static ApiProblem badParameter(String detail, String instance) {
        return new ApiProblem(TYPES + "bad-parameter", "Invalid parameter", 400, detail, instance);
    }

    static ApiProblem badBody(String detail, String instance) {
        return new ApiProblem(TYPES + "bad-body", "Invalid body", 400, detail, instance);
    }

    static ApiProblem notAllowedNow(String detail, String instance) {
        return new ApiProblem(TYPES + "not-allowed-now", "Not allowed in this state", 409, detail, instance);
    }

    static ApiProblem badName(String detail, String instance) {
        return new ApiProblem(TYPES + "bad-name", "Unsupported file name", 400, detail, instance);
    }

    static ApiProblem damaged(String detail, String instance) {
        return new ApiProblem(TYPES + "damaged", "Damaged upload", 400, detail, instance);
    }

    static ApiProblem nameTaken(String detail, String instance) {
        return new ApiProblem(TYPES + "name-taken", "Name already in use", 409, detail, instance);
    }

    static ApiProblem lengthRequired(String instance) {
        return new ApiProblem(
                TYPES + "length-required",
                "Content-Length required",
                411,
                "Send a Content-Length header or a chunked body, so that a partial upload can be detected.",
                instance);
    }

    static ApiProblem tooLarge(String detail, String instance) {
        return new ApiProblem(TYPES + "too-large", "Too large", 413, detail, instance);
    }

    static ApiProblem noRoom(String detail, String instance) {
        return new ApiProblem(TYPES + "no-room", "Not enough disk space", 507, detail, instance);
    }

    static ApiProblem folderUnavailable(String detail, String instance) {
        return new ApiProblem(TYPES + "folder-unavailable", "Drop folder unavailable", 503, detail, instance);
    }

    static ApiProblem receiversBusy(int limit, String instance) {
        return new ApiProblem(
                TYPES + "receivers-busy",
                "Too many uploads at the same time",
                503,
                limit + " files are already being received, which is the limit. Try again in a few seconds.",
                instance);
    }

    static ApiProblem tooSlow(String detail, String instance) {
        return new ApiProblem(TYPES + "too-slow", "Upload too slow", 408, detail, instance);
    }

    static ApiProblem bodyTooSlow(Duration limit, String instance) {
        return new ApiProblem(
                TYPES + "too-slow",
                "Body too slow",
                408,
                "The body did not arrive within " + limit.toSeconds() + " seconds. Send the request again.",
                instance);
    }

    static ApiProblem tooManyWrongTokens(Duration wait, String instance) {
        return new ApiProblem(
                TYPES + "too-many-wrong-tokens",
                "Too many wrong tokens",
                429,
                "There were too many wrong tokens from this address. Try again in " + wait.toSeconds() + " seconds.",
                instance);
    }

    static ApiProblem badHost(String reason, String instance) {
        return new ApiProblem(TYPES + "bad-host", "Invalid Host header", 400, reason, instance);
    }

    static ApiProblem unauthorized(String instance) {
        return new ApiProblem(
                TYPES + "unauthorized",
                "Token missing or wrong",
                401,
                "Send the header \"Authorization: Bearer …\" with the value of imageferry.api.token.",
                instance);
    }

    static ApiProblem crossSite(String reason, String instance) {
        return new ApiProblem(TYPES + "cross-site", "Cross-site request refused", 403, reason, instance);
    }

    static ApiProblem noSuchJob(String id, String instance) {
        return new ApiProblem(TYPES + "no-such-job", "No such job", 404, "No job has the id \"" + id + "\".", instance);
    }

    static ApiProblem noSuchFamily(String name, String instance) {
        return new ApiProblem(
                TYPES + "no-such-family",
                "No such family",
                404,
                "No image of the family \"" + name + "\" is available.",
                instance);
    }

    static ApiProblem misdirected(String host, String instance) {
        return new ApiProblem(
                TYPES + "host-not-listed",
                "Host not accepted",
                421,
                "The host \"" + host + "\" is not in " + HostRule.SETTING + ". Add it there, or use an accepted name.",
                instance);
    }

    static ApiProblem internalError(String instance) {
        return new ApiProblem(
                TYPES + "internal-error",
                "Internal error",
                500,
                "The log of the daemon contains the cause. Search it for the value of instance.",
                instance);
    }

    static ApiProblem starting(String instance) {
        return new ApiProblem(
                TYPES + "starting",
                "Daemon is starting",
                503,
                "The daemon is still starting. Try again in a few seconds.",
                instance);
    }

    static ApiProblem databaseUnavailable(String instance) {
        return new ApiProblem(
                TYPES + "database-unavailable",
                "Database unavailable",
                503,
                "PostgreSQL is unavailable, busy or in conflict. GET /q/health/ready and the log of the daemon contain the"
                        + " reason. Try again in a few seconds.",
                instance);
    }

    String toJson() {
        return new JsonObject()
                .put("type", type)
                .put("title", title)
                .put("status", status)
                .put("detail", detail)
                .put("instance", instance)
                .encode();
    }
}
