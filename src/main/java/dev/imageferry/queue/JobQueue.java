package dev.imageferry.queue;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle.Decision;
import dev.imageferry.job.JobState;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * The writes and reads of the instance that runs a job. Writes are fenced by the lease epoch: they change nothing if another
 * instance has claimed the job since. All times use the clock of the database.
 */
@ApplicationScoped
@Unremovable
public class JobQueue {
    private static final NamedStatement CHECKPOINT = new NamedStatement(
            "UPDATE job SET " + JobRow.ASSIGN_FACTS + ", updated_at = now() WHERE " + JobRow.IS_HELD);

    private static final NamedStatement RELEASE_FINAL_BYTES = new NamedStatement(
            "UPDATE job SET all_bytes_sent_at = now(), bytes_sent = COALESCE(prepared_bytes, bytes), updated_at = now() WHERE "
                    + JobRow.IS_HELD + " RETURNING all_bytes_sent_at");

    /** Whether this instance keeps the job. It claims no READY job that is cancelled, or while the queue is paused. */
    private static final String CONTINUES =
            "(:continues AND (:claimed = :state OR NOT (cancel_requested OR (SELECT paused FROM control))))";

    /** The state is compared with an expression, because an index by state can look better than the primary key, but never is. */
    private static final NamedStatement RECORD = new NamedStatement(
            """
            WITH written AS (
                UPDATE job SET %s,
                    attempt = CASE WHEN %s AND :claimed <> :state THEN 1 ELSE :attempt END,
                    error_since = CASE
                        WHEN CAST(:code AS text) IS NULL THEN NULL
                        WHEN error_code = :code THEN error_since ELSE now() END,
                    error_code = :code, error_message = :message,
                    next_run_at = now() + make_interval(secs => :pause),
                    state_since = CASE WHEN state = :state THEN state_since ELSE now() END,
                    state = CASE WHEN %s THEN :claimed ELSE :state END,
                    outcome_at = CASE WHEN :ended THEN COALESCE(outcome_at, now()) END,
                    instance = CASE WHEN %s THEN instance END,
                    lease_until = CASE WHEN %s THEN now() + make_interval(secs => :lease) END, updated_at = now()
                WHERE %s AND state || '' = :from
                RETURNING job.*),
            history AS (
                INSERT INTO job_history (job_id, at, from_state, to_state, attempt, instance, detail)
                SELECT id, now(), :from, :state, :attempt, :instance, :detail
                FROM written WHERE CAST(:detail AS text) IS NOT NULL
                UNION ALL
                SELECT id, now(), :state, state, attempt, instance, 'claimed' FROM written WHERE state <> :state),
            %s
            SELECT * FROM written
            """.formatted(JobRow.ASSIGN_FACTS, CONTINUES, CONTINUES, CONTINUES, CONTINUES, JobRow.IS_HELD, Totals.ADD));

    private static final NamedStatement RECORD_ARCHIVED =
            new NamedStatement("UPDATE job SET " + JobRow.ASSIGN_FACTS + """
            , archived_at = now(), file_gone_at = CASE WHEN :fileGone THEN now() END,
            instance = NULL, lease_until = NULL, updated_at = now() WHERE
            """ + JobRow.IS_HELD + " RETURNING *");

    private final Jdbi jdbi;
    private final GroupCommit group;
    private final Duplicates duplicates;
    private final Outbox outbox;
    private final String instance;
    private final double leaseSeconds;

    JobQueue(Jdbi jdbi, InstanceName instance, LeaseSettings lease, Outbox outbox) {
        this.jdbi = jdbi;
        this.group = new GroupCommit(jdbi);
        this.outbox = outbox;
        this.instance = instance.value();
        this.leaseSeconds = JobRow.seconds(lease.duration());
        this.duplicates = new Duplicates(leaseSeconds);
    }

    /**
     * Writes facts in the middle of a run and keeps the lease. They are committed when this returns.
     *
     * @return false if the lease is lost
     */
    public boolean checkpoint(Job job) {
        return group.commit(job.id(), handle -> checkpoint(handle, job));
    }

    private static boolean checkpoint(Handle handle, Job job) {
        return CHECKPOINT.update(handle, JobRow.facts(job)) == 1;
    }

    /**
     * Records that the final bytes of a PUT are about to be sent.
     *
     * @return the time of the release; empty if the lease is lost, in which case the final bytes must not be sent
     */
    public Optional<Instant> releaseEnd(Job job) {
        return group.commit(
                job.id(),
                handle -> RELEASE_FINAL_BYTES
                        .query(
                                handle,
                                Map.of("id", job.id(), "epoch", job.leaseEpoch()),
                                row -> row.getObject(1, OffsetDateTime.class).toInstant())
                        .stream()
                        .findFirst());
    }

    /**
     * Writes the result of a run with history, totals and notification, and returns the lease. Nothing else writes outcomes.
     *
     * @param wastedBytes the bytes of failed PUTs of the run
     * @return the updated job; empty if the lease is lost
     */
    public Optional<Job> record(Decision decision, long wastedBytes) {
        return record(decision, wastedBytes, false);
    }

    /**
     * As {@link #record(Decision, long)}, but renews the lease, so that this instance runs the next step at once. A job that is
     * READY is claimed, which moves it to UPLOADING, unless it is cancelled or the queue is paused. It is returned without a lease
     * then.
     */
    public Optional<Job> recordAndContinue(Decision decision, long wastedBytes) {
        return record(decision, wastedBytes, true);
    }

    private Optional<Job> record(Decision decision, long wastedBytes, boolean keepLease) {
        Job decided = decision.job();
        boolean ends = decided.state().isEnd() && !decision.from().isEnd();
        Map<String, Long> totals = new TreeMap<>();
        totals.put(Totals.WASTED_BYTES, wastedBytes);
        if (ends) {
            totals.put(decided.state().name(), 1L);
            totals.put(Totals.NOW + decided.state().name(), 1L);
            if (decided.state() == JobState.AVAILABLE) {
                totals.put(Totals.DELIVERED_BYTES, decided.uploadedFile().bytes());
            }
        }
        Map<String, Object> values = JobRow.facts(decided);
        JobRow.putProblem(values, decided.errorOrNull());
        Totals.put(values, totals);
        values.put("from", decision.from().name());
        values.put("state", decided.state().name());
        values.put("claimed", decided.state().claimed().name());
        values.put("attempt", decided.attempt());
        values.put("ended", decided.state().isEnd());
        values.put("pause", JobRow.seconds(decision.pause()));
        values.put("detail", JobRow.text(decision.historyOrNull()));
        values.put("instance", instance);
        values.put("continues", keepLease);
        values.put("lease", leaseSeconds);
        if (!ends && wastedBytes == 0) {
            return group.commit(decided.id(), handle -> record(handle, values));
        }
        // alone, because all jobs lock the same totals
        if (!ends || !outbox.isUsed()) {
            return jdbi.withHandle(handle -> record(handle, values));
        }
        return jdbi.inTransaction(handle -> {
            Optional<Job> ended = record(handle, values);
            ended.ifPresent(job -> outbox.add(handle, job));
            return ended;
        });
    }

    private static Optional<Job> record(Handle handle, Map<String, Object> values) {
        return RECORD.query(handle, values, JobRow::read).stream().findFirst();
    }

    /**
     * Records that the job is archived. No work is left for it.
     *
     * @param fileGone whether the file was moved or deleted, so that the next file at its path is a new one
     * @return the updated job; empty if the lease is lost
     */
    public Optional<Job> recordArchived(Job job, boolean fileGone) {
        Map<String, Object> values = JobRow.facts(job);
        values.put("fileGone", fileGone);
        return group.commit(
                job.id(),
                handle -> RECORD_ARCHIVED.query(handle, values, JobRow::read).stream()
                        .findFirst());
    }

    /**
     * Returns the job if the result of its run is written: its lease of this epoch was returned, or kept in the new state or the
     * one after its claim. This detects a write that succeeded although its answer was lost.
     */
    public Optional<Job> recorded(Job decided) {
        return find(decided.id())
                .filter(now -> now.leaseEpoch() == decided.leaseEpoch()
                        && (now.instanceOrNull() == null
                                || now.state() == decided.state()
                                || now.state() == decided.state().claimed()));
    }

    /** Whether a job of this path read the same sidecar and ended because its file was removed. */
    public boolean isLeftOver(UUID folderId, String file, FileFingerprint sidecar) {
        return jdbi.withHandle(
                handle -> handle.createQuery("SELECT EXISTS (SELECT FROM job WHERE " + JobRow.IS_PATH + """
                         AND error_code = :removed AND outcome_at IS NOT NULL AND sidecar_inode = :inode
                        AND sidecar_bytes = :bytes AND sidecar_modified_nanos = :modified
                        AND COALESCE(sidecar_changed_nanos, :changed) = :changed)
                        """)
                        .bind("folder", folderId)
                        .bind("file", file)
                        .bind("removed", ErrorCode.FILE_REMOVED.wireName())
                        .bind("inode", sidecar.inode())
                        .bind("bytes", sidecar.bytes())
                        .bind("modified", sidecar.modifiedNanos())
                        .bind("changed", sidecar.changedNanos())
                        .mapTo(Boolean.class)
                        .one());
    }

    /** Returns the jobs in progress whose metadata is fixed, because their image was or is about to be created. */
    public List<Job> withFixedMetadata(UUID folderId) {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT * FROM job WHERE folder_id = :folder AND archived_at IS NULL
                            AND state IN ('UPLOADING', 'PROCESSING', 'REPLICATING') AND (image_number > 0 OR image_id IS NOT NULL)
                        """)
                .bind("folder", folderId)
                .mapTo(Job.class)
                .list());
    }

    /** Whether a newer job exists for the same path. */
    public boolean hasSuccessor(Job job) {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT EXISTS (SELECT FROM job WHERE " + JobRow.IS_PATH + " AND created_at > :createdAt)")
                .bind("folder", job.folderId())
                .bind("file", job.file())
                .bind("createdAt", job.createdAt().atOffset(ZoneOffset.UTC))
                .mapTo(Boolean.class)
                .one());
    }

    /** Returns the job with this id. */
    public Optional<Job> find(UUID id) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT * FROM job WHERE id = :id")
                .bind("id", id)
                .mapTo(Job.class)
                .findOne());
    }

    /** Whether any job owns this image at Linode, including ended jobs. */
    public boolean holdsImage(String imageId) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT EXISTS (SELECT FROM job WHERE image_id = :image)")
                .bind("image", imageId)
                .mapTo(Boolean.class)
                .one());
    }

    /** The result of the intent to create an image. */
    public sealed interface Intent {
        /** The intent is committed. The create call can be made. */
        record Committed(Job job) implements Intent {}

        /** Another job has or creates an image with the same content, region, label and cloud-init flag. */
        record Duplicate(Job other) implements Intent {}

        /** The lease is lost. Nothing was written. */
        record LeaseLost() implements Intent {}
    }

    /**
     * Commits the number of the next image before the create call, which has no idempotency key.
     *
     * @param deduplicate whether to search for a duplicate first; of two equal jobs that arrive at once, one becomes the duplicate
     * @param imageless jobs to ignore because their image no longer exists
     */
    public Intent intendCreate(Job job, boolean deduplicate, Set<UUID> imageless) {
        return jdbi.inTransaction(handle -> {
            if (deduplicate) {
                Optional<Job> duplicate = duplicates.find(handle, job, imageless);
                if (duplicate.isPresent()) {
                    return new Intent.Duplicate(duplicate.get());
                }
            }
            Job intending = job.withImage(job.image().intendingNext());
            return checkpoint(handle, intending) ? new Intent.Committed(intending) : new Intent.LeaseLost();
        });
    }
}
