package dev.imageferry.simulator;

import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Cuts a listing into pages: {@code page} from 1, {@code page_size} 25 to 500. */
final class Pages {
    private static final int DEFAULT_SIZE = 100;

    private Pages() {}

    /** An empty listing of images says page 0 of 0, as recorded. */
    static Answer ofImages(List<JsonObject> rows, MultiMap query) {
        return of(rows, query, 0);
    }

    /** Other empty listings say page 1 of 1, as recorded of other ones. */
    static Answer of(List<JsonObject> rows, MultiMap query) {
        return of(rows, query, 1);
    }

    private static Answer of(List<JsonObject> rows, MultiMap query, int pagesWhenEmpty) {
        int size = number(query, "page_size", DEFAULT_SIZE);
        if (size < 25 || size > 500) {
            return Answer.fieldError(400, "page_size", "Must be 25-500");
        }
        int page = number(query, "page", 1);
        if (page < 1) {
            return Answer.fieldError(400, "page", "Must be 1 or more");
        }
        int pages = rows.isEmpty() ? pagesWhenEmpty : Math.ceilDiv(rows.size(), size);
        if (page > Math.max(1, pages)) {
            return Answer.notFound();
        }
        List<JsonObject> shown = rows.subList((page - 1) * size, Math.min(rows.size(), page * size));
        return Answer.json(
                200,
                new JsonObject()
                        .put("data", new JsonArray(shown))
                        .put("page", Math.min(page, pages))
                        .put("pages", pages)
                        .put("results", rows.size()));
    }

    /** -1, which is outside of every range here, for what is no number. */
    private static int number(MultiMap query, String name, int fallback) {
        if (!query.contains(name)) {
            return fallback;
        }
        String value = query.get(name);
        return value.matches("\\d{1,9}") ? Integer.parseInt(value) : -1;
    }
}
