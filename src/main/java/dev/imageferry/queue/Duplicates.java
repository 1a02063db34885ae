package dev.imageferry.queue;

import dev.imageferry.job.Job;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Finds jobs that have or create the same image: the same content, region, label and cloud-init flag. */
final class Duplicates {
    /**
     * A duplicate has an image or an unresolved create call, and is AVAILABLE or served by a running daemon. A job between two
     * images is no duplicate, because both jobs would wait for each other. A FAILED or CANCELLED job is one if its image was kept,
     * as after a failed replication. An image that retention deletes, or has deleted, is not used.
     */
    private static final NamedStatement FIND = new NamedStatement("""
            SELECT * FROM job
            WHERE sha256 = :sha256 AND region = :region AND label = :label AND cloud_init = :cloudInit
                AND id <> ALL (:except) AND image_number > 0 AND (image_id IS NOT NULL OR create_unresolved)
                AND retired_reason IS NULL
                AND (state = 'AVAILABLE'
                    OR state IN ('UPLOADING', 'PROCESSING', 'REPLICATING') AND %s
                    OR state IN ('FAILED', 'CANCELLED') AND image_status = 'available' AND all_bytes_sent_at IS NOT NULL)
            ORDER BY created_at, id LIMIT 1
            """.formatted(JobRow.IS_SERVED));

    /** Without the lock, two equal jobs that commit at the same time would not find each other. */
    private static final NamedStatement LOCK =
            new NamedStatement("SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(:content, 0))");

    private final double leaseSeconds;

    Duplicates(double leaseSeconds) {
        this.leaseSeconds = leaseSeconds;
    }

    /** Locks the content until the transaction ends. Taken before the locks of rows. */
    static void lock(Handle handle, String sha256) {
        LOCK.query(handle, Map.of("content", sha256), row -> row.getInt(1));
    }

    /**
     * Returns the oldest duplicate of the job. Must run in the transaction that commits the intent.
     *
     * @param except jobs to ignore because their image no longer exists
     */
    Optional<Job> find(Handle handle, Job job, Set<UUID> except) {
        String content = job.checkedImage().sha256();
        lock(handle, content);
        List<UUID> excluded = new ArrayList<>(except);
        excluded.add(job.id());
        Map<String, Object> values = Map.of(
                "sha256",
                content,
                "region",
                JobRow.text(job.metadata().regionOrNull()),
                "label",
                job.metadata().label(),
                "cloudInit",
                job.metadata().cloudInit(),
                "except",
                excluded.toArray(UUID[]::new),
                "lease",
                leaseSeconds);
        return FIND.query(handle, values, JobRow::read).stream().findFirst();
    }
}
