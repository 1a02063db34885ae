package dev.imageferry.daemon;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The bandwidth limit of the whole queue.
 *
 * @param limit what applies now, such as {@code 10M} or {@code off}
 * @param next the next change by the timetable; null if there is none
 */
public record QueueBandwidth(String limit, @Nullable Change next) {
    /** From when another limit applies. */
    public record Change(Instant at, String limit) {}
}
