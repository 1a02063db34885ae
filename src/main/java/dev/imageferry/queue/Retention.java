package dev.imageferry.queue;

import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** Removes jobs that ended long ago, with their history. */
@ApplicationScoped
@Unremovable
public class Retention {
    private static final int BATCH = 500;

    /**
     * Looks at the next rows in the order of their archiving. A row stays while its file is in the folder, because the file would
     * be uploaded again, while deduplication may need its image, and while its image belongs to a family or is held by a job of one.
     */
    private static final String REMOVE = """
            WITH batch AS (
                SELECT id, archived_at FROM job
                WHERE archived_at < now() - make_interval(secs => :keep)
                    AND (archived_at, id) > (CAST(:afterAt AS timestamptz), CAST(:afterId AS uuid))
                ORDER BY archived_at, id LIMIT :batch),
            removable AS (
                SELECT id FROM job
                WHERE id = ANY (ARRAY (SELECT id FROM batch)) AND file_gone_at IS NOT NULL
                    AND NOT ((:deduplicate AND image_number > 0 OR family IS NOT NULL) AND image_id IS NOT NULL
                        AND retired_at IS NULL AND (state = 'AVAILABLE' OR image_status = 'available'))
                    AND NOT EXISTS (
                        SELECT FROM job AS other
                        WHERE other.sha256 = job.sha256 AND other.image_id = job.image_id AND other.id <> job.id
                            AND other.family IS NOT NULL AND other.retired_at IS NULL)
                ORDER BY id FOR UPDATE SKIP LOCKED),
            written AS (
                DELETE FROM job WHERE id = ANY (ARRAY (SELECT id FROM removable)) RETURNING state),
            addends AS (
                SELECT 'now_' || state AS name, -count(*) AS amount FROM written GROUP BY state),
            %s
            SELECT (SELECT count(*) FROM batch) AS seen, (SELECT count(*) FROM written) AS removed, last.*
            FROM (SELECT 1) AS one
                LEFT JOIN (SELECT archived_at AS at, id FROM batch ORDER BY archived_at DESC, id DESC LIMIT 1) AS last ON true
            """.formatted(Totals.ADD_ADDENDS);

    private final Jdbi jdbi;

    Retention(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** The result of a batch, and its last row. */
    private record Batch(
            long seen,
            long removed,
            @Nullable OffsetDateTime at,
            @Nullable UUID id) {}

    /**
     * Removes jobs in small transactions.
     *
     * @param keep how long ended jobs are kept after their archiving
     * @param deduplicate whether jobs with an image that a later file can get stay
     * @return the number of removed jobs
     */
    public long remove(Duration keep, boolean deduplicate) {
        long removed = 0;
        Batch last = new Batch(BATCH, 0, null, null);
        while (last.seen() == BATCH) {
            last = remove(keep, deduplicate, last);
            removed += last.removed();
        }
        return removed;
    }

    private Batch remove(Duration keep, boolean deduplicate, Batch before) {
        return jdbi.withHandle(handle -> handle.createQuery(REMOVE)
                .bind("keep", JobRow.seconds(keep))
                .bind("deduplicate", deduplicate)
                .bind("afterAt", before.at() == null ? "-infinity" : before.at().toString())
                .bind("afterId", before.id() == null ? new UUID(0, 0) : before.id())
                .bind("batch", BATCH)
                .map((row, context) -> new Batch(
                        row.getLong("seen"),
                        row.getLong("removed"),
                        row.getObject("at", OffsetDateTime.class),
                        row.getObject("id", UUID.class)))
                .one());
    }
}
