package dev.imageferry.queue;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sums over the life of the queue, exact over restarts: the statement that changes a job adds to them. */
final class Totals {
    static final String WASTED_BYTES = "wasted_bytes";
    static final String DELIVERED_BYTES = "delivered_bytes";

    /** What the names of totals begin with that count the jobs at an end now. */
    static final String NOW = "now_";

    /** Adds where the statement's {@code written} has a row. Locked in the order of names, so that no two wait for each other. */
    static final String ADD = """
            addends AS (
                SELECT * FROM unnest(:totals, :amounts) AS addend (name, amount) WHERE amount <> 0),
            locked AS (
                SELECT name FROM total WHERE name IN (SELECT name FROM addends) AND EXISTS (SELECT FROM written)
                ORDER BY name FOR UPDATE),
            added AS (
                UPDATE total SET value = value + addends.amount FROM addends JOIN locked USING (name)
                WHERE total.name = addends.name)
            """;

    private Totals() {}

    /** The parameters of {@link #ADD}. */
    static void put(Map<String, @Nullable Object> values, Map<String, Long> amounts) {
        values.put("totals", amounts.keySet().toArray(String[]::new));
        values.put("amounts", amounts.values().toArray(Long[]::new));
    }
}
