package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which jobs to list.
 *
 * @param states empty for all
 * @param fileOrNull with {@code *} as a wildcard
 * @param labelOrNull with {@code *} as a wildcard
 * @param limit at least 1
 * @param afterOrNull where the page before ended
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
            throw new IllegalArgumentException("limit must be at least 1, is " + limit);
        }
    }

    /** What comes first. */
    public enum Order {
        NEWEST,
        OLDEST,
        /** As they are claimed: higher priority, then older. */
        PRIORITY
    }

    /** The sort key of a job: paging goes on behind it, whatever came or went meanwhile. */
    public record Position(int priority, Instant createdAt, UUID id) {}
}
