package dev.imageferry.simulator;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.function.Function;
import java.util.stream.Stream;

/** What a user of the demo can look at: {@code /simulator/images} and {@code /simulator/requests}. No secret in it. */
record Views(ImageStore images, RequestLog log) {
    static final String PATH = "/simulator";

    void handle(HttpServerRequest request) {
        Answer answer = switch (request.method().name() + " " + request.path()) {
            case "GET /simulator/images" -> list(images.ever().stream(), Views::json);
            case "GET /simulator/requests" -> list(log.all().stream(), Views::json);
            default -> Answer.notFound();
        };
        request.response().setStatusCode(answer.status()).putHeader(Answering.MARK, "true");
        answer.headers().forEach(request.response()::putHeader);
        request.response().end(answer.body());
    }

    private static <T> Answer list(Stream<T> things, Function<T, JsonObject> json) {
        return Answer.of(200, new JsonArray(things.map(json).toList()).encodePrettily() + "\n")
                .header("Content-Type", "application/json");
    }

    private static JsonObject json(SimulatedImage image) {
        JsonArray regions = new JsonArray();
        image.regions()
                .forEach(copy -> regions.add(
                        new JsonObject().put("region", copy.region()).put("status", copy.status())));
        return new JsonObject()
                .put("id", image.id())
                .put("label", image.label())
                .put("region", image.region())
                .put("status", image.status())
                .put("tags", new JsonArray(image.tags()))
                .put("regions", regions)
                .put("created", image.created().toString())
                .put("bytes", image.bytes())
                .put("sha256", image.sha256OrNull())
                .put("md5", image.md5OrNull())
                .put("contentBytes", image.contentBytes())
                .put("contentSha256", image.contentSha256OrNull())
                .put(
                        "ended",
                        image.endingOrNull() == null
                                ? null
                                : image.endingOrNull().name())
                .put("endMessage", image.endMessageOrNull());
    }

    private static JsonObject json(RecordedRequest request) {
        return new JsonObject()
                .put("sequence", request.sequence())
                .put("at", request.at().toString())
                .put("operation", request.operation().name())
                .put("method", request.method())
                .put("path", request.path())
                .put("label", request.labelOrNull())
                .put("imageId", request.imageIdOrNull())
                .put("bodyBytes", request.bodyBytes())
                .put("status", request.status())
                .put("ending", request.ending().name())
                .put("stored", request.stored());
    }
}
