package dev.imageferry.web;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import dev.imageferry.daemon.QueueView;
import dev.imageferry.queue.Connections;
import dev.imageferry.queue.DatabaseOutage;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.CharConversionException;
import java.io.IOException;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** Maps exceptions of the REST resources to {@link ApiProblem} answers. */
final class ProblemMapper {
    private static final Logger LOG = Logger.getLogger(ProblemMapper.class);
    private static final int RETRY_AFTER_SECONDS = 5;

    private final QueueView queue;
    private final Connections connections;
    private final AllowedMethods allowedMethods;

    ProblemMapper(QueueView queue, Connections connections, AllowedMethods allowedMethods) {
        this.queue = queue;
        this.connections = connections;
        this.allowedMethods = allowedMethods;
    }

    /** A problem that a resource reports itself. */
    @ServerExceptionMapper
    public Response mapProblem(ProblemException exception, HttpServerRequest request) {
        return retryLater(exception.problem(request.path()));
    }

    /** An error of the framework, such as an unknown path or media type. Its headers are kept. */
    @ServerExceptionMapper
    public Response mapHttpError(WebApplicationException exception, HttpServerRequest request) {
        Response response = exception.getResponse();
        int status = response.getStatus();
        if (status < 400) {
            return response;
        }
        if (status >= 500) {
            return mapOther(exception, request);
        }
        if (exception.getCause() instanceof JsonProcessingException json) {
            return mapInvalidJson(json, request);
        }
        Response.ResponseBuilder answer = answer(ApiProblem.ofStatus(status, detail(status, request), request.path()));
        response.getHeaders().forEach((name, values) -> {
            if (!name.equalsIgnoreCase(HttpHeaders.CONTENT_TYPE)
                    && !name.equalsIgnoreCase(HttpHeaders.CONTENT_LENGTH)) {
                values.forEach(value -> answer.header(name, value));
            }
        });
        if (status == 405) {
            answer.header(HttpHeaders.ALLOW, allowedMethods.of(request.path()));
        }
        return answer.build();
    }

    /** A body that is not valid JSON. */
    @ServerExceptionMapper
    public Response mapInvalidJson(JsonProcessingException exception, HttpServerRequest request) {
        return answer(ApiProblem.ofStatus(400, "Invalid JSON body" + where(exception) + ".", request.path()))
                .build();
    }

    /** A body in another encoding than UTF-8 (RFC 8259, 8.1). */
    @ServerExceptionMapper
    public Response mapInvalidEncoding(CharConversionException exception, HttpServerRequest request) {
        return answer(ApiProblem.ofStatus(400, "Invalid JSON body: it is not encoded in UTF-8.", request.path()))
                .build();
    }

    /** JSON of the wrong structure. Overrides the mapper of Quarkus for this subclass. */
    @ServerExceptionMapper
    public Response mapMismatchedJson(MismatchedInputException exception, HttpServerRequest request) {
        return mapInvalidJson(exception, request);
    }

    /** Any other exception: a database outage or a bug. */
    @ServerExceptionMapper
    public Response mapOther(Throwable exception, HttpServerRequest request) {
        return retryLater(problem(exception, request));
    }

    private static Response retryLater(ApiProblem problem) {
        Response.ResponseBuilder answer = answer(problem);
        return (problem.status() == 503 ? answer.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS) : answer).build();
    }

    /** The problem for an exception, for resources that do not answer with JSON. Logs bugs. */
    ApiProblem problem(Throwable exception, HttpServerRequest request) {
        if (exception instanceof ProblemException reported) {
            return reported.problem(request.path());
        }
        boolean outage = DatabaseOutage.of(exception).isPresent();
        if (outage && (queue.isStarted() || !DatabaseOutage.lacksTables(exception))) {
            connections.renewAfter(exception);
            // debug level: the log has the closed gate already, and the page repeats its requests
            LOG.debugf(exception, "database unavailable path=%s", request.path());
            return ApiProblem.databaseUnavailable(request.path());
        }
        if (!queue.isStarted()) {
            LOG.debugf(exception, "request before the end of the start path=%s", request.path());
            return ApiProblem.starting(request.path());
        }
        String instance = "urn:uuid:" + UUID.randomUUID();
        LOG.errorf(
                exception, "request failed method=%s path=%s instance=%s", request.method(), request.path(), instance);
        return ApiProblem.internalError(instance);
    }

    private static Response.ResponseBuilder answer(ApiProblem problem) {
        return Response.status(problem.status()).type(ApiProblem.MEDIA_TYPE).entity(problem.toJson());
    }

    private static String detail(int status, HttpServerRequest request) {
        return switch (status) {
            case 404 -> "There is no resource at " + request.path() + ".";
            case 405 ->
                request.method() + " is not allowed for " + request.path()
                        + ". The Allow header lists the allowed methods.";
            case 406 -> "The answer is application/json, which the Accept header excludes.";
            case 415 -> "The Content-Type of the body must be application/json.";
            default -> "The request cannot be processed.";
        };
    }

    /** The position and the key of the error. Contains no class names and no values from the body. */
    private static String where(JsonProcessingException exception) {
        String place = exception.getLocation() == null
                ? ""
                : " at line " + exception.getLocation().getLineNr() + ", column "
                        + exception.getLocation().getColumnNr();
        String key = key(exception);
        return place + (key == null ? "" : ", key \"" + key + "\"") + reason(exception);
    }

    private static @Nullable String key(JsonProcessingException exception) {
        try {
            if (exception instanceof JsonMappingException mapping
                    && !mapping.getPath().isEmpty()) {
                return mapping.getPath().getLast().getFieldName();
            }
            return exception.getProcessor() instanceof JsonParser parser ? parser.currentName() : null;
        } catch (IOException e) {
            return null; // the position is enough
        }
    }

    private static String reason(JsonProcessingException exception) {
        if (exception instanceof UnrecognizedPropertyException) {
            return ": unknown key";
        }
        // Jackson has no exception class for duplicate keys
        return exception instanceof JsonParseException
                        && exception.getOriginalMessage().startsWith("Duplicate field")
                ? ": duplicate key"
                : "";
    }
}
