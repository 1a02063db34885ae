package dev.imageferry.simulator;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the API or the bucket.
 *
 * @param status HTTP status
 * @param headers header lines beside those the server adds
 * @param body text; empty for none
 */
public record Answer(int status, Map<String, String> headers, String body) {
    public Answer {
        headers = Map.copyOf(headers);
    }

    public static Answer of(int status, String body) {
        return new Answer(status, Map.of(), body);
    }

    /** JSON with the status. */
    public static Answer json(int status, JsonObject body) {
        return of(status, body.encode()).header("Content-Type", "application/json");
    }

    /** The API's form of an error without a field. */
    public static Answer error(int status, String reason) {
        return json(status, errors(new JsonObject().put("reason", reason)));
    }

    /** The API's form of an error of one field. */
    public static Answer fieldError(int status, String field, String reason) {
        return json(status, errors(new JsonObject().put("field", field).put("reason", reason)));
    }

    private static JsonObject errors(JsonObject error) {
        return new JsonObject().put("errors", new JsonArray().add(error));
    }

    public static Answer notFound() {
        return error(404, "Not found");
    }

    public static Answer invalidToken() {
        return error(401, "Invalid Token");
    }

    /** A 502 as a proxy in front of the API sends it: HTML. */
    public static Answer badGateway() {
        return of(
                        502,
                        "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n")
                .header("Content-Type", "text/html");
    }

    /** An error as nginx in front of the API writes it: HTML, not the API's word. */
    public static Answer nginx(int status, String reason) {
        String line = status + " " + reason;
        return of(
                        status,
                        "<html>\r\n<head><title>" + line + "</title></head>\r\n<body>\r\n<center><h1>" + line
                                + "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")
                .header("Content-Type", "text/html");
    }

    /** An error in plain text, not the API's word either. */
    public static Answer plainText(int status, String text) {
        return of(status, text).header("Content-Type", "text/plain; charset=utf-8");
    }

    /** A 503 of announced maintenance. */
    public static Answer maintenance() {
        return error(503, "Currently in maintenance mode.").header("X-Maintenance-Mode", "OK");
    }

    /** A 429. Retry-After is in whole seconds, rounded up. */
    public static Answer tooManyRequests(Duration retryAfter) {
        return error(429, "Too many requests")
                .header(
                        "Retry-After",
                        Long.toString(retryAfter.plusNanos(999_999_999).toSeconds()));
    }

    /** A 400 that is worth a retry. */
    public static Answer busy() {
        return error(400, "Linode busy.");
    }

    /** A 200 that is no JSON. */
    public static Answer garbage() {
        return of(200, "<!doctype html><p>It works!").header("Content-Type", "application/json");
    }

    /** The bucket's form of an error. */
    public static Answer bucketError(int status, String code) {
        return of(
                        status,
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>" + code
                                + "</Code><Message></Message><RequestId>tx0-simulated</RequestId>"
                                + "<HostId>simulated-us-ord-default</HostId></Error>")
                .header("Content-Type", "application/xml");
    }

    /** The same with one more header. */
    public Answer header(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Answer(status, more, body);
    }

    /** The same JSON without the field, wherever {@link Effect.WithoutField} says; an answer without JSON stays. */
    Answer without(String field) {
        return edited(json -> {
            json.remove(field);
            records(json).forEach(part -> part.remove(field));
        });
    }

    /** The same JSON with this value of the field, wherever {@link Effect.WithField} says. */
    Answer with(String field, @Nullable Object value) {
        return edited(json -> records(json).forEach(part -> part.put(field, value)));
    }

    /** The same list without the images, as {@link Effect.WithoutImages} says. */
    Answer withoutImages(Set<String> ids, boolean counted) {
        return edited(json -> {
            JsonArray rows = new JsonArray();
            records(json).stream()
                    .filter(row -> !ids.contains(row.getString("id")))
                    .forEach(rows::add);
            json.put("data", rows);
            if (!counted) {
                json.put("results", rows.size());
            }
        });
    }

    private Answer edited(Consumer<JsonObject> edit) {
        if (!"application/json".equals(headers.get("Content-Type"))) {
            return this;
        }
        JsonObject json = new JsonObject(body);
        edit.accept(json);
        return new Answer(status, headers, json.encode());
    }

    private static List<JsonObject> records(JsonObject json) {
        if (json.getValue("image") instanceof JsonObject image) {
            return List.of(image);
        }
        return json.getValue("data") instanceof JsonArray rows
                ? rows.stream().map(JsonObject.class::cast).toList()
                : List.of(json);
    }

    /** The same with only the first characters of its body: JSON that ends in the middle. */
    public Answer truncated(int characters) {
        return new Answer(status, headers, body.substring(0, Math.min(characters, body.length())));
    }
}
