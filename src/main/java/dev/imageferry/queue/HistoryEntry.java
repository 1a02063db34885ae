package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One entry of the history of a job.
 *
 * @param at time of the entry, by the clock of the database
 * @param from null for the entry that created the job
 * @param attempt the attempt in the state {@code to}
 * @param instance the instance that held the job; null if none did
 * @param detail what was done, or the error code and message
 */
public record HistoryEntry(
        Instant at,
        @Nullable JobState from,
        JobState to,
        int attempt,
        @Nullable String instance,
        String detail) {}
