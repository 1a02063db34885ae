package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.imageferry.job.Reason;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.ConnectionSpec;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** The REST API of one daemon. Follows no redirects, so that the token reaches no other host. */
final class DaemonClient implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    /** Longer than the longest {@code wait} that a command asks for. */
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);

    /** After the last byte, the daemon writes up to 5 GiB to its disk before it answers. */
    private static final Duration STORED_TIMEOUT = Duration.ofMinutes(5);

    private final DaemonAddress address;
    private final OkHttpClient http;

    DaemonClient(DaemonAddress address) {
        this.address = address;
        OkHttpClient.Builder builder = new OkHttpClient.Builder()
                .protocols(List.of(Protocol.HTTP_1_1))
                .retryOnConnectionFailure(false)
                .followRedirects(false)
                .followSslRedirects(false)
                .connectTimeout(CONNECT_TIMEOUT)
                .readTimeout(ANSWER_TIMEOUT)
                .writeTimeout(ANSWER_TIMEOUT);
        if (!address.url().isHttps()) {
            // without loading the certificates of the JDK, which takes as long as the call itself
            builder.connectionSpecs(List.of(ConnectionSpec.CLEARTEXT));
        }
        this.http = builder.build();
    }

    /** The daemon, for messages. */
    DaemonAddress address() {
        return address;
    }

    /**
     * Calls {@code GET}.
     *
     * @param path below {@code /api/v1/}
     * @param parameters of the query, in this order
     */
    Answer get(String path, Map<String, String> parameters, Deadline deadline) {
        return send(http, new Request.Builder().url(url(path, parameters)), deadline);
    }

    /** Calls {@code POST} without a body. */
    Answer post(String path, Map<String, String> parameters, Deadline deadline) {
        return send(http, new Request.Builder().url(url(path, parameters)).post(RequestBody.EMPTY), deadline);
    }

    /**
     * Puts a file into the drop folder.
     *
     * @throws LocalFileException if the file could not be read to its end
     */
    Answer put(String name, FileBody body, Deadline deadline) throws LocalFileException {
        Request.Builder request = new Request.Builder()
                .url(url("drop", Map.of()).newBuilder().addPathSegment(name).build())
                .header("Repr-Digest", body.reprDigest())
                .put(body);
        OkHttpClient patient = http.newBuilder().readTimeout(STORED_TIMEOUT).build();
        Answer answer = send(patient, request, deadline);
        LocalFileException failure = body.failureOrNull();
        if (failure != null) {
            throw failure;
        }
        return answer;
    }

    /** Ends the command unless the call succeeded. */
    Answer.Success require(Answer answer) throws CommandFailure {
        return switch (answer) {
            case Answer.Success success -> success;
            case Answer.Refusal refusal -> throw new CommandFailure(status(refusal), describe(refusal));
            case Answer.Lost lost -> throw new CommandFailure(ExitStatus.UNREACHABLE, describe(lost));
        };
    }

    private static ExitStatus status(Answer.Refusal refusal) {
        if (refusal.isTemporary()) {
            return ExitStatus.UNREACHABLE;
        }
        return switch (refusal.status()) {
            case 404, 409, 413, 507 -> refusal.detailOrNull() == null ? ExitStatus.WRONG_CALL : ExitStatus.SOME_FAILED;
            default -> ExitStatus.WRONG_CALL;
        };
    }

    /** The reason and the remedy of an answer that is no success, for the user. */
    String describe(Answer answer) {
        return switch (answer) {
            case Answer.Success success -> "";
            case Answer.Refusal refusal -> describe(refusal);
            case Answer.Lost lost -> describe(lost);
        };
    }

    private String describe(Answer.Lost lost) {
        return "No answer from a daemon at %s (%s): start it, or set %s"
                .formatted(address, lost.reason(), DaemonAddress.URL_VARIABLE);
    }

    private String describe(Answer.Refusal refusal) {
        if (refusal.status() == 401) {
            return "The daemon at %s %s: set %s to the value of its setting imageferry.api.token"
                    .formatted(
                            address,
                            address.tokenOrNull() == null ? "requires a token" : "does not accept the token",
                            DaemonAddress.TOKEN_VARIABLE);
        }
        return refusal.detailOrNull() != null
                ? FileReport.shown(refusal.detailOrNull())
                : "%s answers with the status %d, but not as Imageferry does: check %s"
                        .formatted(address, refusal.status(), DaemonAddress.URL_VARIABLE);
    }

    private HttpUrl url(String path, Map<String, String> parameters) {
        HttpUrl.Builder url = address.url().newBuilder();
        List<String> segments = address.url().pathSegments();
        if (segments.getLast().isEmpty()) {
            url.removePathSegment(segments.size() - 1);
        }
        url.addPathSegment("api").addPathSegment("v1").addPathSegments(path);
        parameters.forEach(url::addQueryParameter);
        return url.build();
    }

    private Answer send(OkHttpClient client, Request.Builder request, Deadline deadline) {
        String token = address.tokenOrNull();
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        Call call = client.newCall(request.header("Accept", "application/json").build());
        deadline.remaining()
                .ifPresent(left -> call.timeout().timeout(Math.max(1, left.toNanos()), TimeUnit.NANOSECONDS));
        try (Response response = call.execute()) {
            String text = response.body().string();
            return response.isSuccessful() ? success(response, text) : refusal(response, text);
        } catch (IOException e) {
            return new Answer.Lost(reason(e));
        }
    }

    private static Answer success(Response response, String text) {
        try {
            JsonNode json = text.isBlank() ? NullNode.instance : JsonText.parse(text);
            return new Answer.Success(text.strip(), json, date(response));
        } catch (IOException e) {
            return new Answer.Refusal(response.code(), "", null, null); // a page of something else
        }
    }

    private static @Nullable Instant date(Response response) {
        String date = response.header("Date");
        try {
            return date == null
                    ? null
                    : ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant();
        } catch (DateTimeException e) {
            return null; // the caller decides whether it needs the date
        }
    }

    private static Answer refusal(Response response, String text) {
        Duration retryAfter = seconds(response.header("Retry-After"));
        try {
            JsonNode problem = JsonText.parse(text);
            if (problem.path("detail").isTextual()) {
                String type = problem.path("type").asText();
                String name = type.startsWith("urn:imageferry:problem:") ? type.replaceFirst(".*:", "") : "";
                return new Answer.Refusal(
                        response.code(), name, problem.path("detail").asText(), retryAfter);
            }
        } catch (IOException e) {
            return new Answer.Refusal(response.code(), "", null, retryAfter); // a page of something else
        }
        return new Answer.Refusal(response.code(), "", null, retryAfter);
    }

    private static @Nullable Duration seconds(@Nullable String header) {
        return header != null && header.matches("[0-9]{1,6}") ? Duration.ofSeconds(Long.parseLong(header)) : null;
    }

    /** The innermost reason, such as "Connection refused". The outer ones repeat the address. */
    private static String reason(IOException failure) {
        IOException innermost = failure;
        while (innermost.getCause() instanceof IOException cause) {
            innermost = cause;
        }
        return Reason.of(innermost);
    }

    @Override
    public void close() {
        http.dispatcher().executorService().shutdown();
        http.connectionPool().evictAll();
    }
}
