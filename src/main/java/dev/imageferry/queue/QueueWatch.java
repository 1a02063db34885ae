package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import dev.imageferry.job.UploadUrl;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** Reads the counts and totals of the whole queue. */
@ApplicationScoped
public class QueueWatch {
    /** The prefix of the totals that count the jobs currently in each final state. */
    static final String NOW = "now_";

    /** Counts the jobs in each state that is not final. */
    static final String OPEN =
            "SELECT state, count(*) FROM job WHERE archived_at IS NULL AND outcome_at IS NULL GROUP BY state";

    static final String MOMENT = """
            SELECT
                (SELECT count(*) FROM job WHERE state = 'UPLOADING' AND archived_at IS NULL AND lease_until IS NOT NULL),
                (SELECT CAST(COALESCE(extract(epoch FROM now() - min(created_at)), 0) AS bigint) FROM job
                    WHERE state IN ('QUEUED', 'READY') AND archived_at IS NULL),
                (SELECT CAST(COALESCE(extract(epoch FROM now() - min(updated_at)), 0) AS bigint) FROM job
                    WHERE state IN ('CONVERTING', 'CHECKING', 'UPLOADING', 'PROCESSING', 'REPLICATING') AND archived_at IS NULL
                        AND lease_until IS NOT NULL),
                (SELECT max(outcome_at) FROM job WHERE state = 'AVAILABLE'),
                (SELECT paused FROM control),
                (SELECT bandwidth FROM control),
                (SELECT count(*) FROM job WHERE archived_at IS NULL AND outcome_at < now() - interval '1 minute')
            """;

    /** The jobs at Linode, with the bytes sent by PUTs that run now or have just ended, and with the upload URLs in use. */
    static final String AT_LINODE = "SELECT id, bytes_sent, CASE state WHEN 'UPLOADING' THEN upload_url END FROM job"
            + " WHERE state IN ('UPLOADING', 'PROCESSING', 'REPLICATING') AND archived_at IS NULL";

    private static final String INSTANCES = "SELECT name, folder_id, started_at, seen_at FROM instance"
            + " WHERE seen_at > now() - make_interval(secs => :age) ORDER BY name";

    private final Jdbi jdbi;
    private final Duration lease;

    QueueWatch(Jdbi jdbi, LeaseSettings lease) {
        this.jdbi = jdbi;
        this.lease = lease.duration();
    }

    private record AtLinode(
            UUID id, long bytesSent, @Nullable String urlOrNull) {}

    /** Reads all counts in one transaction and from one snapshot, so that each job is counted once. */
    public QueueCounts counts() {
        return jdbi.inTransaction(this::read);
    }

    private QueueCounts read(Handle handle) {
        handle.execute(QueueDatabase.ONE_SNAPSHOT);
        Map<JobState, Long> jobs = zeroes(JobState.values());
        numbers(handle, OPEN).forEach((state, count) -> putKnown(jobs, state, count));
        Map<JobState, Long> ended = zeroes(JobState.AVAILABLE, JobState.REJECTED, JobState.FAILED, JobState.CANCELLED);
        long delivered = 0;
        long wasted = 0;
        long imageBytes = 0;
        for (Map.Entry<String, Long> total :
                numbers(handle, "SELECT name, value FROM total").entrySet()) {
            switch (total.getKey()) {
                case Totals.DELIVERED_BYTES -> delivered = total.getValue();
                case Totals.WASTED_BYTES -> wasted = total.getValue();
                case Totals.IMAGE_BYTES -> imageBytes = total.getValue();
                case String now
                when now.startsWith(NOW) -> putKnown(jobs, now.substring(NOW.length()), total.getValue());
                case String outcome -> putKnown(ended, outcome, total.getValue());
            }
        }
        long atLinodeBytes = imageBytes;
        QueueCounts.Totals totals = new QueueCounts.Totals(delivered, wasted, ended);
        List<AtLinode> atLinode = handle.createQuery(AT_LINODE)
                .map((row, context) -> new AtLinode(row.getObject(1, UUID.class), row.getLong(2), row.getString(3)))
                .list();
        List<QueueCounts.Instance> instances = handle.createQuery(INSTANCES)
                .bind("age", JobRow.seconds(lease))
                .map((row, context) -> new QueueCounts.Instance(
                        row.getString(1),
                        row.getObject(2, UUID.class),
                        row.getObject(3, OffsetDateTime.class).toInstant(),
                        row.getObject(4, OffsetDateTime.class).toInstant()))
                .list();
        return handle.createQuery(MOMENT)
                .map((row, context) -> new QueueCounts(
                        jobs,
                        totals,
                        atLinodeBytes,
                        row.getLong(1),
                        Duration.ofSeconds(row.getLong(2)),
                        Duration.ofSeconds(row.getLong(3)),
                        firstUrlExpiry(atLinode),
                        instantOrNull(row.getObject(4, OffsetDateTime.class)),
                        row.getBoolean(5),
                        row.getString(6),
                        row.getLong(7),
                        instances,
                        atLinode.stream().collect(Collectors.toMap(AtLinode::id, AtLinode::bytesSent))))
                .one();
    }

    /** Ignores states and totals of a newer version. */
    private static void putKnown(Map<JobState, Long> counts, String state, long value) {
        for (JobState known : JobState.values()) {
            if (known.name().equals(state)) {
                counts.put(known, value);
            }
        }
    }

    private static @Nullable Instant firstUrlExpiry(List<AtLinode> atLinode) {
        return atLinode.stream()
                .flatMap(job -> Stream.ofNullable(job.urlOrNull()))
                .flatMap(url -> new UploadUrl(url).expires().stream())
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    private static @Nullable Instant instantOrNull(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }

    private static Map<String, Long> numbers(Handle handle, String sql) {
        Map<String, Long> numbers = new HashMap<>();
        handle.createQuery(sql)
                .map((row, context) -> Map.entry(row.getString(1), row.getLong(2)))
                .forEach(row -> numbers.put(row.getKey(), row.getValue()));
        return numbers;
    }

    private static Map<JobState, Long> zeroes(JobState... states) {
        Map<JobState, Long> counts = new EnumMap<>(JobState.class);
        for (JobState state : states) {
            counts.put(state, 0L);
        }
        return counts;
    }
}
