package dev.imageferry.simulator;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The header {@code X-Filter}: fields that must be equal or compare, {@code +and}, {@code +or}, and the order.
 *
 * @param works the fields that are filtered by
 * @param ignored the fields that are taken and make no difference; a client must not rely on them
 * @param orders the fields that rows can be ordered by
 */
record Filter(Set<String> works, Set<String> ignored, Set<String> orders) {
    private static final Set<String> COMPARISONS = Set.of("+gt", "+gte", "+lt", "+lte", "+neq", "+contains");

    /** How a filter went. */
    sealed interface Outcome {
        record Chosen(List<JsonObject> rows) implements Outcome {}

        record Refused(Answer answer) implements Outcome {}
    }

    Outcome choose(@Nullable String header, List<JsonObject> rows) {
        if (header == null) {
            return new Outcome.Chosen(rows);
        }
        JsonObject filter;
        try {
            filter = new JsonObject(header);
        } catch (DecodeException notJson) {
            return new Outcome.Refused(Answer.fieldError(400, "X-Filter", "Cannot parse filter"));
        }
        String refused = firstRefused(filter);
        if (refused != null) {
            return new Outcome.Refused(Answer.fieldError(400, "X-Filter", "Cannot filter on " + refused));
        }
        if (filter.containsKey("+order_by") && !orders.contains(filter.getValue("+order_by"))) {
            // the real text is not known
            return new Outcome.Refused(
                    Answer.fieldError(400, "X-Filter", "Cannot order by " + filter.getValue("+order_by")));
        }
        Stream<JsonObject> chosen = rows.stream().filter(row -> fits(filter, row));
        if (filter.getValue("+order_by") instanceof String field) {
            Comparator<JsonObject> order = (one, other) -> compare(valueOf(one, field), valueOf(other, field));
            chosen = chosen.sorted("desc".equals(filter.getValue("+order")) ? order.reversed() : order);
        }
        return new Outcome.Chosen(chosen.toList());
    }

    private @Nullable String firstRefused(JsonObject filter) {
        for (Map.Entry<String, Object> entry : filter) {
            String field = entry.getKey();
            if (field.equals("+and") || field.equals("+or")) {
                for (JsonObject part : parts(entry.getValue())) {
                    String refused = firstRefused(part);
                    if (refused != null) {
                        return refused;
                    }
                }
            } else if (!field.equals("+order")
                    && !field.equals("+order_by")
                    && !works.contains(field)
                    && !ignored.contains(field)) {
                return field;
            }
        }
        return null;
    }

    private boolean fits(JsonObject filter, JsonObject row) {
        return filter.stream().allMatch(entry -> {
            String field = entry.getKey();
            Object wanted = entry.getValue();
            if (field.equals("+and")) {
                return parts(wanted).stream().allMatch(part -> fits(part, row));
            }
            if (field.equals("+or")) {
                return parts(wanted).stream().anyMatch(part -> fits(part, row));
            }
            if (!works.contains(field)) {
                return true;
            }
            Object value = valueOf(row, field);
            if (wanted instanceof JsonObject comparisons) {
                return comparisons.stream().allMatch(each -> compares(each.getKey(), value, each.getValue()));
            }
            return compare(value, wanted) == 0;
        });
    }

    private static boolean compares(String comparison, @Nullable Object value, @Nullable Object wanted) {
        if (!COMPARISONS.contains(comparison)) {
            return false;
        }
        int order = compare(value, wanted);
        return switch (comparison) {
            case "+gt" -> order > 0;
            case "+gte" -> order >= 0;
            case "+lt" -> order < 0;
            case "+lte" -> order <= 0;
            case "+neq" -> order != 0;
            default -> String.valueOf(value).contains(String.valueOf(wanted));
        };
    }

    private static int compare(@Nullable Object one, @Nullable Object other) {
        if (one instanceof Number first && other instanceof Number second) {
            return Double.compare(first.doubleValue(), second.doubleValue());
        }
        return String.valueOf(one).compareTo(String.valueOf(other));
    }

    /** A field may lie deeper: {@code entity.id}. */
    private static @Nullable Object valueOf(JsonObject row, String field) {
        int dot = field.indexOf('.');
        if (dot < 0) {
            return row.getValue(field);
        }
        Object inner = row.getValue(field.substring(0, dot));
        return inner instanceof JsonObject object ? valueOf(object, field.substring(dot + 1)) : null;
    }

    private static List<JsonObject> parts(@Nullable Object value) {
        return value instanceof JsonArray array
                ? array.stream()
                        .filter(JsonObject.class::isInstance)
                        .map(JsonObject.class::cast)
                        .toList()
                : List.of();
    }
}
