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

/** What an operator sets, for one job or for the whole queue: for all instances and over restarts. */
@ApplicationScoped
@Unremovable
public class JobControl {
    private static final String TELL = """
            INSERT INTO job_history (job_id, at, from_state, to_state, attempt, instance, detail)
            SELECT id, now(), :from, state, attempt, instance, :detail FROM job WHERE id = :id
            """;

    private static final String RETRY = """
            WITH written AS (
                UPDATE job SET %s,
                    inode = :inode, bytes = :bytes, modified_nanos = :modified, file_gone_at = NULL, file_since = now(),
                    state = :state, state_since = now(), attempt = :attempt, next_run_at = now(),
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

    /** What became of a user's wish to change a job. */
    public sealed interface Change {
        /** Written. */
        record Made(Job job) implements Change {}

        /** There is no job of that id. */
        record NoSuchJob() implements Change {}

        /**
         * Nothing was written.
         *
         * @param reason why not, and what to do
         */
        record Refused(String reason) implements Change {}
    }

    /** Stops or allows the beginning of uploads; those under way finish. */
    public void setPaused(boolean paused) {
        jdbi.useHandle(handle -> handle.createUpdate("UPDATE control SET paused = :paused")
                .bind("paused", paused)
                .execute());
    }

    /** What was set for the bandwidth of the whole queue: {@code 10M}, {@code off}; empty for what the setting says. */
    public Optional<String> bandwidth() {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT bandwidth FROM control WHERE bandwidth IS NOT NULL")
                .mapTo(String.class)
                .findOne());
    }

    /** Sets it; null for what the setting says. */
    public void setBandwidth(@Nullable String limit) {
        jdbi.useHandle(handle -> handle.createUpdate("UPDATE control SET bandwidth = :bandwidth")
                .bind("bandwidth", limit)
                .execute());
    }

    /** Asks for the end of a job that has no outcome yet: its holder stops, or the next claim ends it. */
    public Change requestCancel(UUID id) {
        return jdbi.inTransaction(handle -> changeUnfinished(handle, id, "cancelled", job -> {
            if (!job.cancelRequested()) {
                handle.createUpdate("UPDATE job SET cancel_requested = true, updated_at = now() WHERE id = :id")
                        .bind("id", id)
                        .execute();
                tell(handle, job, "a user cancels the job");
            }
        }));
    }

    /** Changes when a job gets its turn: higher goes first. */
    public Change setPriority(UUID id, int priority) {
        return jdbi.inTransaction(handle -> changeUnfinished(handle, id, "put before or behind others", job -> {
            if (job.priority() != priority) {
                handle.createUpdate("UPDATE job SET priority = :priority, updated_at = now() WHERE id = :id")
                        .bind("id", id)
                        .bind("priority", priority)
                        .execute();
                tell(handle, job, "a user changes the priority from " + job.priority() + " to " + priority);
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
            return new Change.Refused(
                    "the job has ended " + found.get().state() + " and cannot be " + how + " any more");
        }
        write.on(found.get());
        return new Change.Made(lock(handle, id).orElseThrow());
    }

    /**
     * Gives an ended job another life, decided by {@link dev.imageferry.job.JobLifecycle#retried}: its files are back in the
     * drop folder.
     *
     * @param again the job as it is to go on, with the fingerprint and the metadata of now
     */
    public Change retry(Job again) {
        return jdbi.inTransaction(handle -> {
            Optional<Job> found = lock(handle, again.id());
            if (found.isEmpty()) {
                return new Change.NoSuchJob();
            }
            Job ended = found.get();
            if (!ended.isArchived()) {
                return new Change.Refused("the job is on its way again already");
            }
            if (hasJobOfItsOwn(handle, again)) {
                return new Change.Refused("the file has become a job of its own already");
            }
            Map<String, @Nullable Object> values = JobRow.facts(again.withoutArchiveName());
            JobRow.putFingerprint(values, again.fingerprint());
            values.put("state", again.state().name());
            values.put("attempt", again.attempt());
            Totals.put(values, new TreeMap<>(Map.of(Totals.NOW + ended.state().name(), -1L)));
            handle.createQuery(RETRY).bindMap(values).mapTo(Job.class).one();
            tell(handle, ended, "a user has the job tried again");
            return new Change.Made(lock(handle, again.id()).orElseThrow());
        });
    }

    private static boolean hasJobOfItsOwn(Handle handle, Job job) {
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

    /** Adds a line to the history of a job. */
    private static void tell(Handle handle, Job before, String detail) {
        handle.createUpdate(TELL)
                .bind("id", before.id())
                .bind("from", before.state().name())
                .bind("detail", detail)
                .execute();
    }
}
