package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Jdbi;

/** Finds due jobs, and claims them for this instance. A job is due by the clock of the database. */
@ApplicationScoped
@Unremovable
public class Claims {
    private static final Logger LOG = Logger.getLogger(Claims.class);

    /** The most jobs of one claim. */
    public static final int MOST = 20;

    private static final String IS_FREE = "archived_at IS NULL AND (lease_until IS NULL OR lease_until < now())";

    private static final String IS_DUE = IS_FREE
            + " AND folder_id = :folder AND next_run_at <= now() AND (from_state <> 'READY' OR NOT (SELECT paused FROM control))";

    /** Includes jobs of folders that no running daemon serves. Any daemon can cancel those. */
    private static final String IS_CANCELLED =
            IS_FREE + " AND cancel_requested AND (folder_id = :folder OR NOT " + JobRow.IS_SERVED + ")";

    private static final Map<Lane, NamedStatement> CLAIM =
            Stream.of(Lane.values()).collect(Collectors.toUnmodifiableMap(lane -> lane, Claims::statement));

    private static final NamedStatement DUE_LANES =
            new NamedStatement("""
            SELECT DISTINCT lane FROM (VALUES %s) AS due (lane, from_state)
            WHERE EXISTS (SELECT FROM job WHERE state = from_state AND %s)
            UNION ALL SELECT 'CANCEL' WHERE EXISTS (SELECT FROM job WHERE %s)
            """.formatted(lanesAndStates(), IS_DUE, IS_CANCELLED));

    private final Jdbi jdbi;
    private final String instance;
    private final double leaseSeconds;

    Claims(Jdbi jdbi, InstanceName instance, LeaseSettings lease) {
        this.jdbi = jdbi;
        this.instance = instance.value();
        this.leaseSeconds = JobRow.seconds(lease.duration());
    }

    /**
     * Claims up to {@code limit}, but at most {@link #MOST} due jobs of the lane and folder that have no valid lease, for one lease
     * duration. A claim moves QUEUED to CHECKING and READY to UPLOADING.
     */
    public List<Claim> claim(Lane lane, UUID folderId, int limit) {
        NamedStatement statement = Objects.requireNonNull(CLAIM.get(lane), "one for each lane");
        Map<String, Object> values =
                Map.of("folder", folderId, "lease", leaseSeconds, "limit", limit, "instance", instance);
        return jdbi.withHandle(handle -> statement.query(handle, values, Claims::claim)).stream()
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<Claim> claim(ResultSet row) throws SQLException {
        try {
            return Optional.of(new Claim(
                    JobRow.read(row),
                    JobState.valueOf(row.getString("from_state")),
                    row.getString("lost_instance"),
                    row.getLong("lost_bytes")));
        } catch (IllegalArgumentException e) {
            // after the lease expires, an instance of a newer version can claim the job
            LOG.errorf(
                    "this version cannot read a job, another instance must run it job=%s reason=%s",
                    row.getString("id"), e.getMessage());
            return Optional.empty();
        }
    }

    /** Returns the lanes that have a job to claim. */
    public Set<Lane> due(UUID folderId) {
        Map<String, Object> values = Map.of("folder", folderId, "lease", leaseSeconds);
        Set<Lane> due = EnumSet.noneOf(Lane.class);
        jdbi.useHandle(handle -> DUE_LANES.forEach(handle, values, row -> due.add(Lane.valueOf(row.getString(1)))));
        return due;
    }

    /**
     * One branch for each state, in the order of the lane, because an index returns the claim order only within one state. The
     * array makes PostgreSQL fetch the rows by their ids whatever number it expects. States and the inner limit are constants, so
     * that it expects as few rows without the parameters as with them, and does not plan each claim again.
     */
    private static NamedStatement statement(Lane lane) {
        return new NamedStatement("""
            WITH due AS (
                SELECT found.* FROM (VALUES %s) AS lane (from_state, next, rank), LATERAL (
                    SELECT id, from_state, rank, instance AS lost_instance, bytes_sent AS sent_before,
                        CASE WHEN next = 'CHECKING' AND from_state = 'QUEUED' AND convert THEN 'CONVERTING' ELSE next END AS next
                    FROM job
                    WHERE state = from_state AND %s
                    ORDER BY priority DESC, created_at, id
                    LIMIT %s FOR UPDATE SKIP LOCKED) AS found
                LIMIT :limit),
            claimed AS (
                UPDATE job SET
                    state = next,
                    state_since = CASE WHEN state = next THEN state_since ELSE now() END,
                    attempt = CASE WHEN state = next THEN attempt ELSE 1 END,
                    instance = :instance, lease_until = now() + make_interval(secs => :lease),
                    -- microseconds, so that no claim repeats an epoch that a failover without the last commits took back
                    lease_epoch = GREATEST(lease_epoch + 1, CAST(extract(epoch FROM now()) * 1000000 AS bigint)),
                    bytes_sent = CASE WHEN due.lost_instance IS NULL OR state <> 'UPLOADING' OR all_bytes_sent_at IS NOT NULL
                        THEN bytes_sent ELSE 0 END,
                    started_at = COALESCE(started_at, now()), updated_at = now()
                FROM due WHERE job.id = due.id AND job.id = ANY (ARRAY (SELECT id FROM due))
                RETURNING job.*, from_state, rank, due.lost_instance,
                    CASE WHEN due.lost_instance IS NULL OR state <> 'UPLOADING' OR all_bytes_sent_at IS NOT NULL
                        THEN 0 ELSE due.sent_before END AS lost_bytes),
            history AS (
                INSERT INTO job_history (job_id, at, from_state, to_state, attempt, instance, detail)
                SELECT id, now(), from_state, state, attempt, instance,
                    CASE WHEN lost_instance IS NULL THEN 'claimed' ELSE 'taken over from ' || lost_instance END
                FROM claimed WHERE state <> from_state OR lost_instance IS NOT NULL),
            wasted AS (
                UPDATE total SET value = value + lost.bytes
                FROM (SELECT sum(lost_bytes) AS bytes FROM claimed) AS lost
                WHERE name = 'wasted_bytes' AND lost.bytes > 0)
            SELECT * FROM claimed ORDER BY rank, priority DESC, created_at, id
            """.formatted(states(lane), lane == Lane.CANCEL ? IS_CANCELLED : IS_DUE, MOST));
    }

    /** The lanes whose jobs are found by their state, as rows of SQL. */
    private static String lanesAndStates() {
        return EnumSet.complementOf(EnumSet.of(Lane.CANCEL)).stream()
                .flatMap(lane -> lane.states().stream().map(state -> "('" + lane + "', '" + state + "')"))
                .collect(Collectors.joining(", "));
    }

    /** The states of a lane, the states after their claim and their order, as rows of SQL. */
    private static String states(Lane lane) {
        List<JobState> states = lane.states();
        return IntStream.range(0, states.size())
                .mapToObj(
                        rank -> "('" + states.get(rank) + "', '" + lane.claimed(states.get(rank)) + "', " + rank + ")")
                .collect(Collectors.joining(", "));
    }
}
