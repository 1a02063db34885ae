package dev.imageferry.simulator;

import io.vertx.core.MultiMap;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request to the API, read.
 *
 * @param image the id in its path, e.g. {@code private/123}; empty where it names none
 * @param origin scheme, host and port that the client reached
 */
record Call(
        Operation operation,
        String image,
        MultiMap query,
        MultiMap headers,
        String body,
        String origin,
        Exchange exchange) {
    private static final Pattern IMAGE = Pattern.compile("/images/(.+?)(/regions)?");
    private static final Pattern PRIVATE = Pattern.compile("private/(\\d{1,15})");

    /** What a path of the API means. */
    record Route(Operation operation, String image) {}

    /** Reads method and raw path; the slash in an image's id comes as is or as {@code %2F}. */
    static Route route(String method, String rawPath) {
        String path = rawPath.replaceFirst("^/v4(beta)?(?=/)", "").replaceAll("(?i)%2f", "/");
        String line = method.toUpperCase(Locale.ROOT) + " " + path;
        Operation fixed = switch (line) {
            case "POST /images/upload" -> Operation.CREATE;
            case "GET /images" -> Operation.LIST;
            case "GET /account/events" -> Operation.EVENTS;
            case "GET /regions" -> Operation.REGIONS;
            case "GET /profile" -> Operation.PROFILE;
            default -> Operation.OTHER;
        };
        Matcher image = IMAGE.matcher(path);
        if (fixed != Operation.OTHER || path.equals(rawPath) || !image.matches()) {
            return new Route(path.equals(rawPath) ? Operation.OTHER : fixed, "");
        }
        boolean regions = image.group(2) != null;
        Operation operation = switch (method) {
            case "GET" -> regions ? Operation.OTHER : Operation.GET_IMAGE;
            case "PUT" -> regions ? Operation.OTHER : Operation.UPDATE_IMAGE;
            case "DELETE" -> regions ? Operation.OTHER : Operation.DELETE_IMAGE;
            case "POST" -> regions ? Operation.REPLICATE : Operation.OTHER;
            default -> Operation.OTHER;
        };
        return new Route(operation, image.group(1));
    }

    /** The number of the private image that the id names, or null. */
    static @Nullable Long privateNumber(String image) {
        Matcher matcher = PRIVATE.matcher(image);
        return matcher.matches() ? Long.valueOf(matcher.group(1)) : null;
    }
}
