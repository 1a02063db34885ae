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

/** Turns what a resource throws into a problem. */
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

    /** An error that a resource has put into words. */
    @ServerExceptionMapper
    public Response told(ProblemException exception, HttpServerRequest request) {
        return retryLater(exception.problem(request.path()));
    }

    /** What the framework refuses: no such method, media type and so on. Headers such as {@code Allow} are kept. */
    @ServerExceptionMapper
    public Response refused(WebApplicationException exception, HttpServerRequest request) {
        Response response = exception.getResponse();
        int status = response.getStatus();
        if (status < 400) {
            return response;
        }
        if (status >= 500) {
            return unexpected(exception, request);
        }
        if (exception.getCause() instanceof JsonProcessingException json) {
            return notJson(json, request);
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

    /** A body that is no JSON. */
    @ServerExceptionMapper
    public Response notJson(JsonProcessingException exception, HttpServerRequest request) {
        return answer(ApiProblem.ofStatus(
                        400, "the body is not the JSON that is wanted: " + where(exception), request.path()))
                .build();
    }

    /** A body that is no text: JSON is UTF-8 (RFC 8259, 8.1). */
    @ServerExceptionMapper
    public Response notText(CharConversionException exception, HttpServerRequest request) {
        return answer(ApiProblem.ofStatus(400, "the body is not JSON in UTF-8: send it in UTF-8", request.path()))
                .build();
    }

    /** JSON of the wrong shape. Named besides its superclass because Quarkus has a mapper of its own for it. */
    @ServerExceptionMapper
    public Response wrongJson(MismatchedInputException exception, HttpServerRequest request) {
        return notJson(exception, request);
    }

    /** Anything else: an outage of the database, or a bug. */
    @ServerExceptionMapper
    public Response unexpected(Throwable exception, HttpServerRequest request) {
        return retryLater(problem(exception, request));
    }

    private static Response retryLater(ApiProblem problem) {
        Response.ResponseBuilder answer = answer(problem);
        return (problem.status() == 503 ? answer.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS) : answer).build();
    }

    /** The same in words, for those who answer otherwise than by JSON; told to the log where it has to be looked into. */
    ApiProblem problem(Throwable exception, HttpServerRequest request) {
        if (exception instanceof ProblemException told) {
            return told.problem(request.path());
        }
        boolean outage = DatabaseOutage.of(exception).isPresent();
        if (outage && (queue.isStarted() || !DatabaseOutage.lacksTables(exception))) {
            connections.renewAfter(exception);
            // the closed gate has told the log once; pages ask each second
            LOG.debugf(exception, "the database does not answer path=%s", request.path());
            return ApiProblem.databaseUnavailable(request.path());
        }
        if (!queue.isStarted()) {
            // tables and folder may not be there yet
            LOG.debugf(exception, "asked before the start was through path=%s", request.path());
            return ApiProblem.starting(request.path());
        }
        String instance = "urn:uuid:" + UUID.randomUUID();
        LOG.errorf(
                exception, "request failed method=%s path=%s instance=%s", request.method(), request.path(), instance);
        return ApiProblem.unexpected(instance);
    }

    private static Response.ResponseBuilder answer(ApiProblem problem) {
        return Response.status(problem.status()).type(ApiProblem.MEDIA_TYPE).entity(problem.toJson());
    }

    private static String detail(int status, HttpServerRequest request) {
        return switch (status) {
            case 404 -> "nothing is at " + request.path();
            case 405 -> request.method() + " is not for " + request.path() + "; the header Allow tells what is";
            case 406 -> "the answer is application/json, which the header Accept does not allow";
            case 415 -> "the body's Content-Type is not one that is read here; application/json is";
            default -> "the request cannot be answered";
        };
    }

    /** The place and the key, without the names of classes and without any value that was sent. */
    private static String where(JsonProcessingException exception) {
        String place = exception.getLocation() == null
                ? ""
                : " at line " + exception.getLocation().getLineNr() + ", column "
                        + exception.getLocation().getColumnNr();
        String key = key(exception);
        return "look" + place + (key == null ? "" : ", key \"" + key + "\"") + reason(exception);
    }

    private static @Nullable String key(JsonProcessingException exception) {
        try {
            if (exception instanceof JsonMappingException mapping
                    && !mapping.getPath().isEmpty()) {
                return mapping.getPath().getLast().getFieldName();
            }
            return exception.getProcessor() instanceof JsonParser parser ? parser.currentName() : null;
        } catch (IOException e) {
            return null; // the place has to do
        }
    }

    private static String reason(JsonProcessingException exception) {
        if (exception instanceof UnrecognizedPropertyException) {
            return ": there is no such key";
        }
        // Jackson has no class of its own for it
        return exception instanceof JsonParseException
                        && exception.getOriginalMessage().startsWith("Duplicate field")
                ? ": the key is there twice"
                : "";
    }
}
