package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Counts and totals of the whole queue, the same from every instance.
 *
 * @param jobs the number of jobs in each state, including zero
 * @param totals sums over the life of the queue
 * @param imageBytes uncompressed bytes of the images at Linode, counted once for each region
 * @param uploadsInProgress the number of UPLOADING jobs that an instance holds
 * @param oldestWaiting how long the oldest job that has not started has waited; zero if there is none
 * @param longestStandstill the longest time that a held job has made no progress; zero if no job is held
 * @param urlExpiryOrNull when the first upload URL still in use expires; null if there is none
 * @param lastSuccessOrNull when the last job became available
 * @param paused whether the start of uploads is paused on all instances
 * @param bandwidthOrNull the bandwidth limit set by an operator; null if the setting applies
 * @param unarchived the number of jobs that ended more than a minute ago and are not archived
 * @param bytesSent by each job at Linode, by all instances
 */
public record QueueCounts(
        Map<JobState, Long> jobs,
        Totals totals,
        long imageBytes,
        long uploadsInProgress,
        Duration oldestWaiting,
        Duration longestStandstill,
        @Nullable Instant urlExpiryOrNull,
        @Nullable Instant lastSuccessOrNull,
        boolean paused,
        @Nullable String bandwidthOrNull,
        long unarchived,
        List<Instance> instances,
        Map<UUID, Long> bytesSent) {
    public QueueCounts {
        jobs = Map.copyOf(jobs);
        instances = List.copyOf(instances);
        bytesSent = Map.copyOf(bytesSent);
    }

    /**
     * Sums over the life of the queue, exact across restarts.
     *
     * @param deliveredBytes compressed bytes of images that became available
     * @param wastedBytes bytes of failed PUTs
     * @param ended jobs by outcome
     */
    public record Totals(long deliveredBytes, long wastedBytes, Map<JobState, Long> ended) {
        public Totals {
            ended = Map.copyOf(ended);
        }
    }

    /** A daemon whose last heartbeat is at most two lease durations old. */
    public record Instance(String name, UUID folderId, Instant startedAt, Instant seenAt) {}
}
