package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One line of a job's history.
 *
 * @param at the database's clock
 * @param from null when the job was made
 * @param attempt in the state {@code to}
 * @param instance who did it; null where nobody held the job
 * @param detail what was done, or the error's code and message
 */
public record HistoryEntry(
        Instant at,
        @Nullable JobState from,
        JobState to,
        int attempt,
        @Nullable String instance,
        String detail) {}
