package dev.imageferry.queue;

import java.util.Map;

/** The sums over the life of the queue. The statement that changes a job also adds to them, so they are exact across restarts. */
final class Totals {
    static final String WASTED_BYTES = "wasted_bytes";
    static final String DELIVERED_BYTES = "delivered_bytes";

    /** The bytes of all images, counted once for each region. A trigger writes it. */
    static final String IMAGE_BYTES = "image_bytes";

    /** The prefix of the totals that count the jobs currently in each final state. */
    static final String NOW = "now_";

    /**
     * Adds {@code addends} to the totals if {@code written} has a row. Locks the totals in the order of their names to avoid
     * deadlocks.
     */
    static final String ADD_ADDENDS = """
            locked AS (
                SELECT name FROM total WHERE name IN (SELECT name FROM addends) AND EXISTS (SELECT FROM written)
                ORDER BY name FOR UPDATE),
            added AS (
                UPDATE total SET value = value + addends.amount FROM addends JOIN locked USING (name)
                WHERE total.name = addends.name)
            """;

    /** Adds the parameters of {@link #put} to the totals if {@code written} has a row. */
    static final String ADD = """
            addends AS (
                SELECT * FROM unnest(:totals, :amounts) AS addend (name, amount) WHERE amount <> 0),
            """ + ADD_ADDENDS;

    private Totals() {}

    /** Binds the amounts to add. */
    static void put(Map<String, Object> values, Map<String, Long> amounts) {
        values.put("totals", amounts.keySet().toArray(String[]::new));
        values.put("amounts", amounts.values().toArray(Long[]::new));
    }
}
