package dev.imageferry.worker;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Instant;

/**
 * A closed gate, as {@code GET /summary} shows it.
 *
 * @param starting whether the gate is closed only because the daemon is starting and nothing has been checked yet
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
