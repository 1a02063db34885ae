package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Selects and sorts the jobs of a list.
 *
 * @param states the states to include; empty for all
 * @param fileOrNull the path, with {@code *} as a wildcard
 * @param labelOrNull the label, with {@code *} as a wildcard
 * @param limit the page size, at least 1
 * @param afterOrNull the end of the previous page
 */
public record JobFilter(
        Set<JobState> states,
        @Nullable String fileOrNull,
        @Nullable String labelOrNull,
        Order order,
        int limit,
        @Nullable Position afterOrNull) {
    public JobFilter {
        states = Set.copyOf(states);
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be at least 1, but is " + limit);
        }
    }

    /** The sort order. */
    public enum Order {
        NEWEST,
        OLDEST,
        /** The order of claims: by priority, then oldest first. */
        PRIORITY
    }

    /** The sort key of a job. The next page starts after it, even if jobs were added or removed since. */
    public record Position(int priority, Instant createdAt, UUID id) {}
}
