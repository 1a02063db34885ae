package dev.imageferry.queue;

import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** The actions of operators on one job or on the whole queue. They apply to all instances and persist across restarts. */
@ApplicationScoped
@Unremovable
public class JobControl {
    private static final String ADD_HISTORY = """
            INSERT INTO job_history (job_id, at, from_state, to_state, attempt, instance, detail)
            SELECT id, now(), :from, state, attempt, instance, :detail FROM job WHERE id = :id
            """;

    private static final String RETRY = """
            WITH written AS (
                UPDATE job SET %s,
                    inode = :inode, bytes = :bytes, modified_nanos = :modified, file_gone_at = NULL, file_since = now(),
                    state = :state, state_since = now(), attempt = :attempt, next_run_at = now(), convert = :convert,
                    error_code = NULL, error_message = NULL, error_since = NULL, cancel_requested = false,
                    outcome_at = NULL, archived_at = NULL, updated_at = now()
                WHERE id = :id
                RETURNING job.*),
            %s
            SELECT * FROM written
            """.formatted(JobRow.ASSIGN_FACTS, Totals.ADD);

    private final Jdbi jdbi;

    JobControl(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** The result of a requested change. */
    public sealed interface Change {
        /** The change was written. */
        record Made(Job job) implements Change {}

        /** No job has this id. */
        record NoSuchJob() implements Change {}

        /**
         * Nothing was written.
         *
         * @param reason why the change is not possible
         */
        record Refused(String reason) implements Change {}
    }

    /** Pauses or resumes the start of uploads. Uploads whose image exists finish. */
    public void setPaused(boolean paused) {
        jdbi.useHandle(handle -> handle.createUpdate("UPDATE control SET paused = :paused")
                .bind("paused", paused)
                .execute());
    }

    /** Returns the bandwidth limit of the whole queue, such as {@code 10M} or {@code off}. Empty if the setting applies. */
    public Optional<String> bandwidth() {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT bandwidth FROM control WHERE bandwidth IS NOT NULL")
                .mapTo(String.class)
                .findOne());
    }

    /** Sets the bandwidth limit of the whole queue. Null restores the setting. */
    public void setBandwidth(@Nullable String limit) {
        jdbi.useHandle(handle -> handle.createUpdate("UPDATE control SET bandwidth = :bandwidth")
                .bind("bandwidth", limit)
                .execute());
    }

    /** Requests to cancel a job that has no outcome yet. The instance that holds it, or the next claim, ends it. */
    public Change requestCancel(UUID id) {
        return jdbi.inTransaction(handle -> changeUnfinished(handle, id, "cancelled", job -> {
            if (!job.cancelRequested()) {
                handle.createUpdate("UPDATE job SET cancel_requested = true, updated_at = now() WHERE id = :id")
                        .bind("id", id)
                        .execute();
                addHistory(handle, job, "cancellation requested by a user");
            }
        }));
    }

    /** Changes the priority of a job. Jobs with a higher priority are claimed first. */
    public Change setPriority(UUID id, int priority) {
        return jdbi.inTransaction(handle -> changeUnfinished(handle, id, "reprioritized", job -> {
            if (job.priority() != priority) {
                handle.createUpdate("UPDATE job SET priority = :priority, updated_at = now() WHERE id = :id")
                        .bind("id", id)
                        .bind("priority", priority)
                        .execute();
                addHistory(handle, job, "priority changed from " + job.priority() + " to " + priority + " by a user");
            }
        }));
    }

    private interface Write {
        void on(Job job);
    }

    private static Change changeUnfinished(Handle handle, UUID id, String how, Write write) {
        Optional<Job> found = lock(handle, id);
        if (found.isEmpty()) {
            return new Change.NoSuchJob();
        }
        if (found.get().finishedAtOrNull() != null) {
            return new Change.Refused("the job has ended as " + found.get().state() + " and can no longer be " + how);
        }
        write.on(found.get());
        return new Change.Made(lock(handle, id).orElseThrow());
    }

    /**
     * Restarts an ended job as {@link dev.imageferry.job.JobLifecycle#retried} has decided. Its files must be back in the drop
     * folder.
     *
     * @param again the job in its new state, with the current fingerprint and metadata
     */
    public Change retry(Job again) {
        return jdbi.inTransaction(handle -> {
            Optional<Job> found = lock(handle, again.id());
            if (found.isEmpty()) {
                return new Change.NoSuchJob();
            }
            Job ended = found.get();
            if (!ended.isArchived()) {
                return new Change.Refused("the job is already being retried");
            }
            if (hasOtherJob(handle, again)) {
                return new Change.Refused("the file already belongs to a newer job");
            }
            Map<String, Object> values = JobRow.facts(again.withoutArchiveName());
            JobRow.putFingerprint(values, again.fingerprint());
            values.put("state", again.state().name());
            values.put("attempt", again.attempt());
            values.put("convert", again.convert());
            Totals.put(values, new TreeMap<>(Map.of(Totals.NOW + ended.state().name(), -1L)));
            handle.createQuery(RETRY).bindMap(values).mapTo(Job.class).one();
            addHistory(handle, ended, "retried by a user");
            return new Change.Made(lock(handle, again.id()).orElseThrow());
        });
    }

    private static boolean hasOtherJob(Handle handle, Job job) {
        FileFingerprint fingerprint = job.fingerprint();
        return handle.createQuery("SELECT EXISTS (SELECT FROM job WHERE " + JobRow.IS_PATH + """
                         AND inode = :inode AND bytes = :bytes AND modified_nanos = :modified AND changed_nanos = :changed
                        AND file_gone_at IS NULL AND id <> :id)
                        """)
                .bind("folder", job.folderId())
                .bind("file", job.file())
                .bind("inode", fingerprint.inode())
                .bind("bytes", fingerprint.bytes())
                .bind("modified", fingerprint.modifiedNanos())
                .bind("changed", fingerprint.changedNanos())
                .bind("id", job.id())
                .mapTo(Boolean.class)
                .one();
    }

    private static Optional<Job> lock(Handle handle, UUID id) {
        return handle.createQuery("SELECT * FROM job WHERE id = :id FOR UPDATE")
                .bind("id", id)
                .mapTo(Job.class)
                .findOne();
    }

    /** Adds an entry to the history of a job. */
    private static void addHistory(Handle handle, Job before, String detail) {
        handle.createUpdate(ADD_HISTORY)
                .bind("id", before.id())
                .bind("from", before.state().name())
                .bind("detail", detail)
                .execute();
    }
}
