package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import dev.imageferry.job.UploadUrl;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.persistence.Query;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hibernate.Session;
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
                    WHERE state IN ('CHECKING', 'UPLOADING', 'PROCESSING', 'REPLICATING') AND archived_at IS NULL
                        AND lease_until IS NOT NULL),
                (SELECT max(outcome_at) FROM job WHERE state = 'AVAILABLE'),
                (SELECT paused FROM control),
                (SELECT bandwidth FROM control),
                (SELECT count(*) FROM job WHERE archived_at IS NULL AND outcome_at < now() - interval '1 minute')
            """;

    /** The upload URLs of the jobs in UPLOADING. */
    static final String UPLOAD_URLS =
            "SELECT upload_url FROM job WHERE state = 'UPLOADING' AND archived_at IS NULL AND upload_url IS NOT NULL";

    /** The bytes sent by the PUTs that run now or have just ended. */
    static final String BYTES_SENT = "SELECT id, bytes_sent FROM job"
            + " WHERE state IN ('UPLOADING', 'PROCESSING', 'REPLICATING') AND archived_at IS NULL";

    private final EntityManager entities;
    private final Duration lease;

    QueueWatch(EntityManager entities, LeaseSettings lease) {
        this.entities = entities;
        this.lease = lease.duration();
    }

    /** Ignores states and totals of a newer version. */
    private static void putKnown(Map<JobState, Long> counts, String state, long value) {
        for (JobState known : JobState.values()) {
            if (known.name().equals(state)) {
                counts.put(known, value);
            }
        }
    }

    @Transactional
    public QueueCounts counts() {
        Map<JobState, Long> jobs = zeroes(JobState.values());
        rows(OPEN).forEach(row -> putKnown(jobs, (String) row[0], (Long) row[1]));
        Map<JobState, Long> ended = zeroes(JobState.AVAILABLE, JobState.REJECTED, JobState.FAILED, JobState.CANCELLED);
        long delivered = 0;
        long wasted = 0;
        for (Object[] row : rows("SELECT name, value FROM total")) {
            long value = (Long) row[1];
            switch ((String) row[0]) {
                case "delivered_bytes" -> delivered = value;
                case "wasted_bytes" -> wasted = value;
                case String now when now.startsWith(NOW) -> putKnown(jobs, now.substring(NOW.length()), value);
                case String outcome -> putKnown(ended, outcome, value);
            }
        }
        Object[] moment = rows(MOMENT).getFirst();
        return new QueueCounts(
                jobs,
                new QueueCounts.Totals(delivered, wasted, ended),
                (Long) moment[0],
                Duration.ofSeconds((Long) moment[1]),
                Duration.ofSeconds((Long) moment[2]),
                firstUrlExpiry(),
                (@Nullable Instant) moment[3],
                (Boolean) moment[4],
                (@Nullable String) moment[5],
                (Long) moment[6],
                instances());
    }

    /** Returns how many bytes each job at Linode has sent, by all instances. */
    @Transactional
    public Map<UUID, Long> bytesSent() {
        Map<UUID, Long> sent = new HashMap<>();
        rows(BYTES_SENT).forEach(row -> sent.put((UUID) row[0], (Long) row[1]));
        return sent;
    }

    private @Nullable Instant firstUrlExpiry() {
        return entities.unwrap(Session.class).createNativeQuery(UPLOAD_URLS, String.class).list().stream()
                .flatMap(url -> new UploadUrl(url).expires().stream())
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    private List<QueueCounts.Instance> instances() {
        return rows(entities.createNativeQuery(
                                "SELECT name, folder_id, started_at, seen_at FROM instance"
                                        + " WHERE seen_at > now() - make_interval(secs => :age) ORDER BY name",
                                Object[].class)
                        .setParameter("age", lease.toMillis() / 1000.0))
                .stream()
                .map(row ->
                        new QueueCounts.Instance((String) row[0], (UUID) row[1], (Instant) row[2], (Instant) row[3]))
                .toList();
    }

    private List<Object[]> rows(String sql) {
        return rows(entities.createNativeQuery(sql, Object[].class));
    }

    @SuppressWarnings("unchecked") // more than one column: each row is an array
    private static List<Object[]> rows(Query query) {
        return query.getResultList();
    }

    private static Map<JobState, Long> zeroes(JobState... states) {
        Map<JobState, Long> counts = new EnumMap<>(JobState.class);
        for (JobState state : states) {
            counts.put(state, 0L);
        }
        return counts;
    }
}
