package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import dev.imageferry.job.UploadUrl;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** Reads the counts and totals of the whole queue. */
@ApplicationScoped
public class QueueWatch {
    /**
     * One statement, so that all rows are from one snapshot and each job is counted once. A row has a kind, a name, a number, an id
     * and two times.
     */
    static final String FACTS = """
            SELECT 'open', state, count(*), CAST(NULL AS uuid), CAST(NULL AS timestamptz), CAST(NULL AS timestamptz)
                FROM job WHERE archived_at IS NULL AND outcome_at IS NULL GROUP BY state
            UNION ALL SELECT 'total', name, value, NULL, NULL, NULL FROM total
            UNION ALL SELECT 'at Linode', CASE state WHEN 'UPLOADING' THEN upload_url END, bytes_sent, id, NULL, NULL FROM job
                WHERE state IN ('UPLOADING', 'PROCESSING', 'REPLICATING') AND archived_at IS NULL
            UNION ALL SELECT 'uploads', NULL, count(*), NULL, NULL, NULL FROM job
                WHERE state = 'UPLOADING' AND archived_at IS NULL AND lease_until IS NOT NULL
            UNION ALL SELECT 'oldest waiting', NULL, CAST(extract(epoch FROM now() - min(created_at)) AS bigint), NULL, NULL, NULL
                FROM job WHERE state IN ('QUEUED', 'READY') AND archived_at IS NULL
            UNION ALL SELECT 'standstill', NULL, CAST(extract(epoch FROM now() - min(updated_at)) AS bigint), NULL, NULL, NULL
                FROM job WHERE state IN ('CONVERTING', 'CHECKING', 'UPLOADING', 'PROCESSING', 'REPLICATING')
                    AND archived_at IS NULL AND lease_until IS NOT NULL
            UNION ALL SELECT 'last success', NULL, NULL, NULL, max(outcome_at), NULL FROM job WHERE state = 'AVAILABLE'
            UNION ALL SELECT 'unarchived', NULL, count(*), NULL, NULL, NULL FROM job
                WHERE archived_at IS NULL AND outcome_at < now() - interval '1 minute'
            UNION ALL SELECT 'control', bandwidth, CAST(paused AS int), NULL, NULL, NULL FROM control
            UNION ALL SELECT 'instance', name, NULL, folder_id, started_at, seen_at FROM instance
                WHERE seen_at > now() - make_interval(secs => :age)
            """;

    private static final NamedStatement READ = new NamedStatement(FACTS);

    private final Jdbi jdbi;
    private final Duration lease;

    QueueWatch(Jdbi jdbi, LeaseSettings lease) {
        this.jdbi = jdbi;
        this.lease = lease.duration();
    }

    /** Reads all counts and totals. */
    public QueueCounts counts() {
        Reading reading = new Reading();
        Map<String, Object> values = Map.of("age", JobRow.seconds(lease));
        jdbi.useHandle(handle -> READ.forEach(handle, values, reading::add));
        return reading.counts();
    }

    /** What the rows that have been read so far say. */
    private static final class Reading {
        private final Map<JobState, Long> jobs = zeroes(JobState.values());
        private final Map<JobState, Long> ended =
                zeroes(JobState.AVAILABLE, JobState.REJECTED, JobState.FAILED, JobState.CANCELLED);
        private final Map<UUID, Long> bytesSent = new HashMap<>();
        private final List<QueueCounts.Instance> instances = new ArrayList<>();
        private long delivered;
        private long wasted;
        private long imageBytes;
        private long uploads;
        private long unarchived;
        private Duration oldestWaiting = Duration.ZERO;
        private Duration standstill = Duration.ZERO;
        private @Nullable Instant urlExpiry;
        private @Nullable Instant lastSuccess;
        private boolean paused;
        private @Nullable String bandwidth;

        private void add(ResultSet row) throws SQLException {
            String name = row.getString(2);
            long number = row.getLong(3); // 0 if it is NULL
            switch (row.getString(1)) {
                case "open" -> putKnown(jobs, name, number);
                case "total" -> addTotal(name, number);
                case "at Linode" -> {
                    bytesSent.put(row.getObject(4, UUID.class), number);
                    if (name != null) {
                        new UploadUrl(name).expires().ifPresent(this::addExpiry);
                    }
                }
                case "uploads" -> uploads = number;
                case "oldest waiting" -> oldestWaiting = Duration.ofSeconds(number);
                case "standstill" -> standstill = Duration.ofSeconds(number);
                case "last success" -> lastSuccess = instantOrNull(row, 5);
                case "unarchived" -> unarchived = number;
                case "control" -> {
                    bandwidth = name;
                    paused = number == 1;
                }
                case "instance" ->
                    instances.add(new QueueCounts.Instance(
                            name,
                            row.getObject(4, UUID.class),
                            row.getObject(5, OffsetDateTime.class).toInstant(),
                            row.getObject(6, OffsetDateTime.class).toInstant()));
                case String other -> throw new IllegalStateException("no such kind of row: " + other);
            }
        }

        private void addTotal(String name, long value) {
            switch (name) {
                case Totals.DELIVERED_BYTES -> delivered = value;
                case Totals.WASTED_BYTES -> wasted = value;
                case Totals.IMAGE_BYTES -> imageBytes = value;
                case String now
                when now.startsWith(Totals.NOW) -> putKnown(jobs, now.substring(Totals.NOW.length()), value);
                case String outcome -> putKnown(ended, outcome, value);
            }
        }

        private void addExpiry(Instant expiry) {
            urlExpiry = urlExpiry == null || expiry.isBefore(urlExpiry) ? expiry : urlExpiry;
        }

        private QueueCounts counts() {
            instances.sort(Comparator.comparing(QueueCounts.Instance::name)); // UNION has no order
            return new QueueCounts(
                    jobs,
                    new QueueCounts.Totals(delivered, wasted, ended),
                    imageBytes,
                    uploads,
                    oldestWaiting,
                    standstill,
                    urlExpiry,
                    lastSuccess,
                    paused,
                    bandwidth,
                    unarchived,
                    instances,
                    bytesSent);
        }
    }

    /** Ignores states and totals of a newer version. */
    private static void putKnown(Map<JobState, Long> counts, String state, long value) {
        for (JobState known : JobState.values()) {
            if (known.name().equals(state)) {
                counts.put(known, value);
            }
        }
    }

    private static @Nullable Instant instantOrNull(ResultSet row, int column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    private static Map<JobState, Long> zeroes(JobState... states) {
        Map<JobState, Long> counts = new EnumMap<>(JobState.class);
        for (JobState state : states) {
            counts.put(state, 0L);
        }
        return counts;
    }
}
