package dev.imageferry.simulator;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** What the tests of the simulator call it with. */
final class LinodeClient {
    static final Duration LIMIT = Duration.ofSeconds(20);

    private final SimulatedLinode linode;
    private final HttpClient http = HttpClient.newHttpClient();
    private final OkHttpClient okHttp = new OkHttpClient.Builder()
            .retryOnConnectionFailure(false)
            .readTimeout(LIMIT)
            .writeTimeout(LIMIT)
            .build();

    LinodeClient(SimulatedLinode linode) {
        this.linode = linode;
    }

    /** An image that waits for its bytes. */
    record Created(String id, URI uploadTo) {}

    /** An answer of the API. */
    record Reply(int status, JsonObject body, java.net.http.HttpHeaders headers) {
        String reason() {
            JsonArray errors = body.getJsonArray("errors");
            return errors.getJsonObject(0).getString("reason");
        }

        String header(String name) {
            return headers.firstValue(name).orElse("");
        }
    }

    /** An answer of the bucket. */
    record PutReply(int status, String etag, String body, boolean marked) {}

    Created create(String label) throws IOException {
        Reply reply =
                post("/v4/images/upload", new JsonObject().put("label", label).put("region", "us-ord"));
        return new Created(
                reply.body().getJsonObject("image").getString("id"),
                URI.create(reply.body().getString("upload_to")));
    }

    Created createAvailable(String label, byte[] content) throws IOException {
        Created created = create(label);
        put(created.uploadTo(), content);
        linode.await(
                now -> now.images().stream().anyMatch(image -> image.id().equals(created.id()) && image.isAvailable()),
                LIMIT);
        return created;
    }

    Reply get(String path, String... headers) throws IOException {
        return send("GET", path, "", headers);
    }

    Reply post(String path, JsonObject body) throws IOException {
        return send("POST", path, body.encode());
    }

    Reply send(String method, String path, String body, String... headers) throws IOException {
        HttpResponse<String> response = exchange(method, path, body, headers);
        return new Reply(response.statusCode(), new JsonObject(response.body()), response.headers());
    }

    HttpResponse<String> exchange(String method, String path, String body, String... headers) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(linode.uri().resolve(path))
                .timeout(LIMIT)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        if (request.copy().build().headers().firstValue("Authorization").isEmpty()) {
            request.header("Authorization", "Bearer " + linode.token());
        }
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", interrupted);
        }
    }

    PutReply put(URI uploadTo, byte[] content, String... headers) throws IOException {
        return put(uploadTo, RequestBody.create(content, MediaType.get(Signature.CONTENT_TYPE)), headers);
    }

    PutReply put(URI uploadTo, RequestBody body, String... headers) throws IOException {
        Request.Builder request = new Request.Builder().url(uploadTo.toString()).put(body);
        for (int at = 0; at < headers.length; at += 2) {
            request.header(headers[at], headers[at + 1]);
        }
        try (Response response = okHttp.newCall(request.build()).execute()) {
            return new PutReply(
                    response.code(),
                    response.header("ETag", ""),
                    response.body().string(),
                    "true".equals(response.header(Answering.MARK)));
        }
    }

    /** The image as the simulator has it, also when it is gone. */
    SimulatedImage image(Created created) {
        return linode.everCreated().stream()
                .filter(image -> image.id().equals(created.id()))
                .findFirst()
                .orElseThrow();
    }

    void awaitAvailable(Created created) {
        linode.await(now -> image(created).isAvailable(), LIMIT);
    }

    void awaitGone(Created created) {
        linode.await(now -> image(created).endingOrNull() != null, LIMIT);
    }

    /** The status and message of the image's upload event. */
    JsonObject uploadEvent(Created created) {
        String number = created.id().substring("private/".length());
        String filter = "{\"entity.id\":" + number + ",\"entity.type\":\"image\",\"action\":\"image_upload\"}";
        try {
            return get("/v4/account/events", "X-Filter", filter)
                    .body()
                    .getJsonArray("data")
                    .getJsonObject(0);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
