package dev.imageferry.web;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What every error is answered with (RFC 9457).
 *
 * @param type a URN that scripts can tell errors of one status apart by; {@code about:blank} where the status says all
 * @param instance the path that was asked for, or, where the log has more, a URN that is found there
 */
@Schema(name = "Problem", description = "An error (RFC 9457).")
record ApiProblem(
        @Schema(examples = "urn:imageferry:problem:bad-parameter")
        String type,

        String title,
        int status,
        String detail,
        String instance) {
    static final String MEDIA_TYPE = "application/problem+json";

    private static final String TYPES = "urn:imageferry:problem:";

    /** An error that the status tells enough of. */
    static ApiProblem ofStatus(int status, String detail, String instance) {
        return new ApiProblem(
                "about:blank", HttpResponseStatus.valueOf(status).reasonPhrase(), status, detail, instance);
    }

    static ApiProblem badParameter(String detail, String instance) {
        return new ApiProblem(TYPES + "bad-parameter", "A parameter cannot be used", 400, detail, instance);
    }

    static ApiProblem badBody(String detail, String instance) {
        return new ApiProblem(TYPES + "bad-body", "The body cannot be used", 400, detail, instance);
    }

    static ApiProblem notNow(String detail, String instance) {
        return new ApiProblem(TYPES + "not-allowed-now", "This cannot be done now", 409, detail, instance);
    }

    static ApiProblem badName(String detail, String instance) {
        return new ApiProblem(TYPES + "bad-name", "Unsupported file name", 400, detail, instance);
    }

    static ApiProblem damaged(String detail, String instance) {
        return new ApiProblem(TYPES + "damaged", "What came is not what was announced", 400, detail, instance);
    }

    static ApiProblem nameTaken(String detail, String instance) {
        return new ApiProblem(TYPES + "name-taken", "The name is taken", 409, detail, instance);
    }

    static ApiProblem lengthRequired(String instance) {
        return new ApiProblem(
                TYPES + "length-required",
                "How long it is must be said first",
                411,
                "send the header Content-Length: without it nobody can tell whether all of it came",
                instance);
    }

    static ApiProblem tooLarge(String detail, String instance) {
        return new ApiProblem(TYPES + "too-large", "It is too large", 413, detail, instance);
    }

    static ApiProblem noRoom(String detail, String instance) {
        return new ApiProblem(TYPES + "no-room", "The disk has no room", 507, detail, instance);
    }

    static ApiProblem folderUnavailable(String detail, String instance) {
        return new ApiProblem(TYPES + "folder-unavailable", "The drop folder is not there", 503, detail, instance);
    }

    static ApiProblem receiversBusy(int most, String instance) {
        return new ApiProblem(
                TYPES + "receivers-busy",
                "Too many uploads at once",
                503,
                most + " files are being received already, which is the limit: send this one again in a few seconds",
                instance);
    }

    static ApiProblem tooSlow(String progress, String instance) {
        return new ApiProblem(
                TYPES + "too-slow",
                "The upload is too slow",
                408,
                "the file arrives at less than " + SenderPace.LEAST_BYTES_PER_SECOND + " bytes a second, stopped "
                        + progress + ": send it again over a faster connection",
                instance);
    }

    static ApiProblem bodyTooSlow(Duration limit, String instance) {
        return new ApiProblem(
                TYPES + "too-slow",
                "The body is too slow",
                408,
                "the body has not arrived within " + limit.toSeconds() + " seconds: send the request again",
                instance);
    }

    static ApiProblem tooManyWrongTokens(Duration wait, String instance) {
        return new ApiProblem(
                TYPES + "too-many-wrong-tokens",
                "Too many wrong tokens",
                429,
                "too many wrong tokens have come from this address: try again in " + wait.toSeconds() + " seconds",
                instance);
    }

    static ApiProblem badHost(String reason, String instance) {
        return new ApiProblem(TYPES + "bad-host", "The host cannot be told", 400, reason, instance);
    }

    static ApiProblem unauthorized(String instance) {
        return new ApiProblem(
                TYPES + "unauthorized",
                "The token is missing or wrong",
                401,
                "send the header \"Authorization: Bearer …\" with the value of imageferry.api.token",
                instance);
    }

    static ApiProblem crossSite(String reason, String instance) {
        return new ApiProblem(TYPES + "cross-site", "Another site may not change anything here", 403, reason, instance);
    }

    static ApiProblem noSuchJob(String id, String instance) {
        return new ApiProblem(
                TYPES + "no-such-job", "There is no such job", 404, "no job has the id \"" + id + "\"", instance);
    }

    static ApiProblem misdirected(String host, String instance) {
        return new ApiProblem(
                TYPES + "host-not-listed",
                "This host is not answered for",
                421,
                "the request is for host \"" + host + "\", which is not in " + HostRule.SETTING,
                instance);
    }

    static ApiProblem unexpected(String instance) {
        return new ApiProblem(
                TYPES + "internal-error",
                "Something unexpected happened",
                500,
                "the daemon's log tells more: look for the instance",
                instance);
    }

    static ApiProblem starting(String instance) {
        return new ApiProblem(
                TYPES + "starting", "The daemon is still starting", 503, "ask again in a few seconds", instance);
    }

    static ApiProblem databaseUnavailable(String instance) {
        return new ApiProblem(
                TYPES + "database-unavailable",
                "The database does not answer",
                503,
                "PostgreSQL is away, busy or in conflict; GET /q/health/ready and the daemon's log say why: ask again in a few seconds",
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
