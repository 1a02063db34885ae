package dev.imageferry.worker;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Instant;

/**
 * A closed gate, as {@code GET /summary} shows it.
 *
 * @param starting whether it is closed only because it has not been asked for yet; the reason says so too
 */
public record Blocked(
        String gate,
        String reason,
        Instant since,
        @JsonIgnore boolean starting) {
    public Blocked(String gate, String reason, Instant since) {
        this(gate, reason, since, false);
    }
}
