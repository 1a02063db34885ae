package dev.imageferry.upload;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.queue.HistoryEntry;
import dev.imageferry.queue.JobFilter;
import dev.imageferry.queue.QueueCounts;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The read side: all that REST, page and health show. */
public interface QueueView {
    /** A page of jobs and where the next begins; null behind the last. */
    record Page(List<JobView> items, JobFilter.@Nullable Position nextOrNull) {
        public Page {
            items = List.copyOf(items);
        }
    }

    /** The answer of {@code GET /summary}. */
    record Summary(
            Map<JobState, Long> jobs,
            QueueCounts.Totals totals,
            long uploadsInProgress,
            long bytesPerSecond,
            long oldestWaitingSeconds,
            boolean paused,
            List<Blocked> blocked,
            List<QueueCounts.Instance> instances,
            boolean simulated) {}

    /**
     * A file in the folder that is no job.
     *
     * @param status {@code settling} or {@code ignored}
     */
    record DropFile(String file, long bytes, String status, String reason) {}

    Page list(JobFilter filter);

    Optional<JobView> find(UUID id);

    /** Oldest first; empty when there is no such job. */
    Optional<List<HistoryEntry>> history(UUID id);

    Summary summary();

    List<DropFile> dropFiles();

    /** Closed gates; empty when all work can be done. Needs no database. */
    List<Blocked> blocked();

    /** Whether the start has come so far that the folder is open and the schema is there. */
    boolean isStarted();

    /** Grows with each change of a job that this instance makes; to wait on, with a time limit. */
    boolean awaitChange(long seen, java.time.Duration limit) throws InterruptedException;

    long changes();

    /** When the folder was last walked from end to end; null before the first time. */
    @Nullable
    Instant lastScanOrNull();

    /** The view of a job that was read elsewhere. */
    JobView view(Job job);
}
