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
 * @param ids the jobs to include; empty for all
 * @param fileOrNull the path, with {@code *} as a wildcard
 * @param labelOrNull the label, with {@code *} as a wildcard
 * @param familyOrNull the family
 * @param sha256OrNull the SHA-256 of the file as dropped, in lower case
 * @param sinceOrNull the earliest creation time
 * @param limit the page size, at least 1
 * @param afterOrNull the end of the previous page
 */
public record JobFilter(
        Set<JobState> states,
        Set<UUID> ids,
        @Nullable String fileOrNull,
        @Nullable String labelOrNull,
        @Nullable String familyOrNull,
        @Nullable String sha256OrNull,
        @Nullable Instant sinceOrNull,
        Order order,
        int limit,
        @Nullable Position afterOrNull) {
    public JobFilter {
        states = Set.copyOf(states);
        ids = Set.copyOf(ids);
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be at least 1, but is " + limit);
        }
    }

    public JobFilter withStates(Set<JobState> changed) {
        return new JobFilter(
                changed,
                ids,
                fileOrNull,
                labelOrNull,
                familyOrNull,
                sha256OrNull,
                sinceOrNull,
                order,
                limit,
                afterOrNull);
    }

    /** Returns the jobs of a family whose image was available, newest first. */
    public static JobFilter imagesOf(String family, int limit, @Nullable Position after) {
        return new JobFilter(
                Set.of(JobState.AVAILABLE), Set.of(), null, null, family, null, null, Order.NEWEST, limit, after);
    }

    /** Returns the same selection as a page of a list. */
    public JobFilter page(Order newOrder, int newLimit, @Nullable Position after) {
        return new JobFilter(
                states,
                ids,
                fileOrNull,
                labelOrNull,
                familyOrNull,
                sha256OrNull,
                sinceOrNull,
                newOrder,
                newLimit,
                after);
    }

    /** The path, if it has no wildcard; otherwise null. */
    public @Nullable String exactFileOrNull() {
        return fileOrNull == null || fileOrNull.indexOf('*') >= 0 ? null : fileOrNull;
    }

    /** Whether every job matches. */
    public boolean matchesAll() {
        return states.isEmpty()
                && ids.isEmpty()
                && fileOrNull == null
                && labelOrNull == null
                && familyOrNull == null
                && sha256OrNull == null
                && sinceOrNull == null;
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
