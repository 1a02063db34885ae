package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The whole queue in figures, the same from every instance.
 *
 * @param jobs how many are in each state; every state is there
 * @param totals exact over restarts
 * @param uploadsInProgress jobs that an instance holds in UPLOADING
 * @param oldestWaiting how long the oldest job that has not begun waits; zero when none does
 * @param longestStandstill how long the held job that moved least lately has sent no byte and ended no step; zero when none is held
 * @param urlExpiryOrNull when the first upload address of a job that waits for its bytes expires; null when none has one
 * @param lastSuccessOrNull when the last job became available
 * @param paused whether no upload begins, on any instance
 * @param bandwidthOrNull what an operator set for the whole queue; null for what the setting says
 */
public record QueueCounts(
        Map<JobState, Long> jobs,
        Totals totals,
        long uploadsInProgress,
        Duration oldestWaiting,
        Duration longestStandstill,
        @Nullable Instant urlExpiryOrNull,
        @Nullable Instant lastSuccessOrNull,
        boolean paused,
        @Nullable String bandwidthOrNull,
        List<Instance> instances) {
    public QueueCounts {
        jobs = Map.copyOf(jobs);
        instances = List.copyOf(instances);
    }

    /**
     * Sums over the life of the queue.
     *
     * @param deliveredBytes compressed bytes of images that became available
     * @param wastedBytes bytes of PUTs that did not succeed
     * @param ended jobs by outcome
     */
    public record Totals(long deliveredBytes, long wastedBytes, Map<JobState, Long> ended) {
        public Totals {
            ended = Map.copyOf(ended);
        }
    }

    /** A daemon that was seen alive within two lease durations. */
    public record Instance(String name, UUID folderId, Instant startedAt, Instant seenAt) {}
}
