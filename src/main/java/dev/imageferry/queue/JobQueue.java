package dev.imageferry.queue;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle.Decision;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done and who does it. All times are the database's clock. A write that carries a job's lease epoch hits
 * nothing when the lease has passed to somebody else, and says so by {@code false}.
 */
@ApplicationScoped
@Unremovable
public class JobQueue {
    private static final Comparator<Job> CLAIM_ORDER = Comparator.comparingInt(Job::priority)
            .reversed()
            .thenComparing(Job::createdAt)
            .thenComparing(Job::id);

    private static final Duration SHOWN_AFTER_ARCHIVING = Duration.ofMinutes(1);

    private static final String CLAIM = """
            WITH due AS (
                SELECT id, instance AS lost_instance, bytes_sent AS lost_bytes FROM job
                WHERE state = :state AND archived_at IS NULL AND folder_id = :folder AND %s
                    AND (lease_until IS NULL OR lease_until < now())
                ORDER BY priority DESC, created_at, id
                LIMIT :limit FOR UPDATE SKIP LOCKED),
            claimed AS (
                UPDATE job SET
                    state = :next,
                    state_since = CASE WHEN state = :next THEN state_since ELSE now() END,
                    attempt = CASE WHEN state = :next THEN attempt ELSE 1 END,
                    instance = :instance, lease_epoch = lease_epoch + 1, lease_until = now() + make_interval(secs => :lease),
                    bytes_sent = CASE WHEN due.lost_instance IS NULL OR state <> 'UPLOADING' OR all_bytes_sent_at IS NOT NULL
                        THEN bytes_sent ELSE 0 END,
                    started_at = COALESCE(started_at, now()), updated_at = now()
                FROM due WHERE job.id = due.id
                RETURNING job.*, due.lost_instance,
                    CASE WHEN due.lost_instance IS NULL OR state <> 'UPLOADING' OR all_bytes_sent_at IS NOT NULL
                        THEN 0 ELSE due.lost_bytes END AS lost_bytes),
            told AS (
                INSERT INTO job_history (job_id, at, from_state, to_state, attempt, instance, detail)
                SELECT id, now(), CAST(:state AS text), state, attempt, instance,
                    CASE WHEN lost_instance IS NULL THEN 'claimed' ELSE 'taken over from ' || lost_instance END
                FROM claimed WHERE state <> :state OR lost_instance IS NOT NULL),
            wasted AS (
                UPDATE total SET value = value + lost.bytes
                FROM (SELECT sum(lost_bytes) AS bytes FROM claimed) AS lost
                WHERE name = 'wasted_bytes' AND lost.bytes > 0)
            SELECT * FROM claimed
            """;

    private static final String CLAIM_DUE =
            CLAIM.formatted("next_run_at <= now() AND (:state <> 'READY' OR NOT (SELECT paused FROM control))");
    private static final String CLAIM_CANCELLED = CLAIM.formatted("cancel_requested");

    private static final String RESUME_STALLED = """
            UPDATE job SET inode = :inode, bytes = :bytes, modified_nanos = :modified, next_run_at = now(), updated_at = now()
            WHERE folder_id = :folder AND md5(file) = md5(:file) AND file = :file AND state = 'CHECKING' AND lease_until IS NULL AND error_code = :truncated
                AND NOT EXISTS (SELECT FROM job same WHERE same.folder_id = :folder AND md5(same.file) = md5(:file) AND same.file = :file
                    AND same.inode = :inode AND same.bytes = :bytes AND same.modified_nanos = :modified)
            """;

    private static final String ENQUEUE = """
            WITH made AS (
                INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, state, state_since, priority,
                    label, description, region, tags, cloud_init, replicate_to,
                    sidecar_inode, sidecar_bytes, sidecar_modified_nanos, next_run_at, created_at, updated_at)
                VALUES (:id, :folder, :file, :inode, :bytes, :modified, 'QUEUED', now(), :priority,
                    :label, :description, NULLIF(:region, ''), :tags, :cloudInit, :replicateTo,
                    CASE WHEN :hasSidecar THEN :sidecarInode END, CASE WHEN :hasSidecar THEN :sidecarBytes END,
                    CASE WHEN :hasSidecar THEN :sidecarModified END, now(), now(), now())
                ON CONFLICT (folder_id, md5(file), inode, bytes, modified_nanos) DO NOTHING
                RETURNING id),
            told AS (
                INSERT INTO job_history (job_id, at, to_state, attempt, detail)
                SELECT id, now(), 'QUEUED', 0, 'file has settled' FROM made)
            SELECT count(*) FROM made
            """;

    private final EntityManager entities;
    private final JobRepository jobs;
    private final String instance;
    private final Duration lease;

    JobQueue(EntityManager entities, JobRepository jobs, InstanceName instance, LeaseSettings lease) {
        this.entities = entities;
        this.jobs = jobs;
        this.instance = instance.value();
        this.lease = lease.duration();
    }

    /** What became of an offered file. */
    public enum Offer {
        /** It is a job now. */
        ENQUEUED,
        /** A copy that had stalled went on; its job looks at the file again. */
        RESUMED,
        /** There is a job for this content, open or ended. */
        KNOWN,
        /** A job for this path is being checked this moment: offer again. */
        LATER
    }

    /** Makes a settled file a job, once over all rows, ended ones too. */
    @Transactional
    public Offer offer(NewJob offered) {
        String file = offered.file().path();
        FileFingerprint fingerprint = offered.file().fingerprint();
        int resumed = entities.createNativeQuery(RESUME_STALLED)
                .setParameter("folder", offered.folderId())
                .setParameter("file", file)
                .setParameter("inode", fingerprint.inode())
                .setParameter("bytes", fingerprint.bytes())
                .setParameter("modified", fingerprint.modifiedNanos())
                .setParameter("truncated", ErrorCode.GZIP_TRUNCATED.wireName())
                .executeUpdate();
        if (resumed > 0) {
            return Offer.RESUMED;
        }
        if (jobs.count(
                        "folderId = ?1 and sql('md5(?)', file) = sql('md5(?)', ?2) and file = ?2 and state = ?3 and leaseUntil is not null and"
                                + " (inode <> ?4 or bytes <> ?5 or modifiedNanos <> ?6)",
                        offered.folderId(),
                        file,
                        JobState.CHECKING,
                        fingerprint.inode(),
                        fingerprint.bytes(),
                        fingerprint.modifiedNanos())
                > 0) {
            return Offer.LATER;
        }
        var metadata = offered.metadata();
        Optional<FileFingerprint> sidecar = Optional.ofNullable(metadata.sidecarOrNull());
        Number made = (Number) entities.createNativeQuery(ENQUEUE)
                .setParameter("id", UUID.randomUUID())
                .setParameter("folder", offered.folderId())
                .setParameter("file", file)
                .setParameter("inode", fingerprint.inode())
                .setParameter("bytes", fingerprint.bytes())
                .setParameter("modified", fingerprint.modifiedNanos())
                .setParameter("priority", metadata.priority())
                .setParameter("label", metadata.label())
                .setParameter("description", metadata.description())
                .setParameter("region", Objects.requireNonNullElse(metadata.regionOrNull(), ""))
                .setParameter("tags", metadata.tags().toArray(String[]::new))
                .setParameter("cloudInit", metadata.cloudInit())
                .setParameter("replicateTo", metadata.replicateTo().toArray(String[]::new))
                .setParameter("hasSidecar", sidecar.isPresent())
                .setParameter(
                        "sidecarInode", sidecar.map(FileFingerprint::inode).orElse(0L))
                .setParameter(
                        "sidecarBytes", sidecar.map(FileFingerprint::bytes).orElse(0L))
                .setParameter(
                        "sidecarModified",
                        sidecar.map(FileFingerprint::modifiedNanos).orElse(0L))
                .getSingleResult();
        return made.longValue() == 1 ? Offer.ENQUEUED : Offer.KNOWN;
    }

    /** The job for this very content of the path, if it has ended and its files were put away. */
    @Transactional
    public Optional<Job> archivedJobOf(UUID folderId, DroppedFile file) {
        FileFingerprint fingerprint = file.fingerprint();
        return jobs.find(
                        "folderId = ?1 and sql('md5(?)', file) = sql('md5(?)', ?2) and file = ?2"
                                + " and inode = ?3 and bytes = ?4 and modifiedNanos = ?5 and archivedAt is not null",
                        folderId,
                        file.path(),
                        fingerprint.inode(),
                        fingerprint.bytes(),
                        fingerprint.modifiedNanos())
                .firstResultOptional()
                .map(JobEntity::toJob);
    }

    /**
     * Takes up to {@code limit} due jobs of the lane and this folder, whose lease is free or has run out, for one lease
     * duration. A first turn moves QUEUED to CHECKING and READY to UPLOADING.
     */
    @Transactional
    public List<Claim> claim(Lane lane, UUID folderId, int limit) {
        List<Claim> claims = new ArrayList<>();
        for (JobState state : lane.states()) {
            if (claims.size() < limit) {
                claims.addAll(claim(lane, state, folderId, limit - claims.size()));
            }
        }
        return claims;
    }

    private List<Claim> claim(Lane lane, JobState state, UUID folderId, int limit) {
        String statement = lane == Lane.CANCEL ? CLAIM_CANCELLED : CLAIM_DUE;
        List<?> rows = entities.createNativeQuery(statement, JobEntity.CLAIM)
                .setParameter("state", state.name())
                .setParameter("next", lane.claimed(state).name())
                .setParameter("folder", folderId)
                .setParameter("limit", limit)
                .setParameter("instance", instance)
                .setParameter("lease", lease.toMillis() / 1000.0)
                .getResultList();
        return rows.stream()
                .map(Object[].class::cast)
                .map(row -> new Claim(((JobEntity) row[0]).toJob(), state, (String) row[1], (Long) row[2]))
                .sorted(Comparator.comparing(Claim::job, CLAIM_ORDER))
                .toList();
    }

    /**
     * Writes facts in the middle of a step; the lease stays. Committed when this returns.
     *
     * @return false when the lease is lost
     */
    @Transactional
    public boolean checkpoint(Job job) {
        return jobs.lockHeld(job.id(), job.leaseEpoch())
                .map(row -> {
                    row.takeFacts(job);
                    row.updatedAt = now();
                    return true;
                })
                .orElse(false);
    }

    /**
     * Records in one fenced statement that the held-back end of a PUT is about to go out.
     *
     * @return when; empty when the lease is lost: the end must not go out
     */
    @Transactional
    public Optional<Instant> lettingTheEndGo(Job job) {
        return jobs.lockHeld(job.id(), job.leaseEpoch()).map(row -> {
            Instant now = now();
            row.allBytesSentAt = now;
            row.bytesSent = row.bytes;
            row.updatedAt = now;
            return now;
        });
    }

    /**
     * Writes how a step ended, with its line of history and the totals, and gives the lease back.
     *
     * @param wastedBytes what the step sent of a PUT that did not succeed
     * @return the job as it is now; empty when the lease is lost
     */
    @Transactional
    public Optional<Job> record(Decision decision, long wastedBytes) {
        Job decided = decision.job();
        return jobs.lockHeld(decided.id(), decided.leaseEpoch()).map(row -> {
            Instant now = now();
            JobState from = row.state;
            row.takeFacts(decided);
            row.attempt = decided.attempt();
            Problem problem = decided.errorOrNull();
            String code = problem == null ? null : problem.code().wireName();
            if (!Objects.equals(code, row.errorCode)) {
                row.errorSince = code == null ? null : now;
            }
            row.errorCode = code;
            row.errorMessage = problem == null ? null : problem.message();
            row.nextRunAt = now.plus(decision.pause());
            if (decided.state() != from) {
                row.state = decided.state();
                row.stateSince = now;
            }
            if (decided.state().isEnd() && row.outcomeAt == null) {
                row.outcomeAt = now;
                addToTotal(decided.state().name(), 1);
                addToTotal(QueueWatch.NOW + decided.state().name(), 1);
                if (decided.state() == JobState.AVAILABLE) {
                    addToTotal("delivered_bytes", row.bytes);
                }
            }
            addToTotal("wasted_bytes", wastedBytes);
            String detail = decision.historyOrNull();
            if (detail != null) {
                tell(row, from, now, detail);
            }
            release(row, now);
            return row.toJob();
        });
    }

    /**
     * Image, sidecar and receipt stand in their place: nothing is left to do for the job.
     *
     * @return the job as it is now; empty when the lease is lost
     */
    @Transactional
    public Optional<Job> recordArchived(Job job) {
        return jobs.lockHeld(job.id(), job.leaseEpoch()).map(row -> {
            Instant now = now();
            row.takeFacts(job);
            row.archivedAt = now;
            release(row, now);
            return row.toJob();
        });
    }

    /** Whether any job has this image at Linode as its own, ended jobs included. */
    @Transactional
    public boolean holdsImage(String imageId) {
        return jobs.count("imageId = ?1", imageId) > 0;
    }

    /** Whether this very sidecar was read for a job of the path that ended because its image was removed. */
    @Transactional
    public boolean isLeftOver(UUID folderId, String file, FileFingerprint sidecar) {
        return jobs.count(
                        "folderId = ?1 and sql('md5(?)', file) = sql('md5(?)', ?2) and file = ?2 and errorCode = ?3"
                                + " and outcomeAt is not null and sidecarInode = ?4 and sidecarBytes = ?5"
                                + " and sidecarModifiedNanos = ?6",
                        folderId,
                        file,
                        ErrorCode.FILE_REMOVED.wireName(),
                        sidecar.inode(),
                        sidecar.bytes(),
                        sidecar.modifiedNanos())
                > 0;
    }

    /** Jobs under way whose metadata is fixed, because their image is created or just about to be. */
    @Transactional
    public List<Job> withFixedMetadata(UUID folderId) {
        return jobs
                .find(
                        "folderId = ?1 and archivedAt is null and state in ('UPLOADING', 'PROCESSING', 'REPLICATING')"
                                + " and (imageNumber > 0 or imageId is not null)",
                        folderId)
                .stream()
                .map(JobEntity::toJob)
                .toList();
    }

    /** Whether other content has become a job under the same path since. */
    @Transactional
    public boolean hasSuccessor(Job job) {
        return jobs.count(
                        "folderId = ?1 and sql('md5(?)', file) = sql('md5(?)', ?2) and file = ?2 and createdAt > ?3",
                        job.folderId(),
                        job.file(),
                        job.createdAt())
                > 0;
    }

    @Transactional
    public Optional<Job> find(UUID id) {
        return jobs.findByIdOptional(id).map(JobEntity::toJob);
    }

    /** A page of jobs; shorter than the filter's limit only when it is the last. */
    @Transactional
    public List<Job> list(JobFilter filter) {
        return jobs.list(filter).stream().map(JobEntity::toJob).toList();
    }

    /** Oldest first. */
    @Transactional
    public List<HistoryEntry> history(UUID id) {
        return entities.createQuery("from HistoryEntity where jobId = :id order by id", HistoryEntity.class)
                .setParameter("id", id)
                .getResultStream()
                .map(HistoryEntity::toEntry)
                .toList();
    }

    /** What became of the wish to create an image. */
    public sealed interface Intent {
        /** Committed: the create call may be made. */
        record Committed(Job job) implements Intent {}

        /** Another job has an image of the same content, region, label and cloud-init, or is about to. */
        record Twin(Job other) implements Intent {}

        /** Nothing was written. */
        record LeaseLost() implements Intent {}
    }

    /**
     * Commits the number of the image that is about to be created, before the call that has no idempotency key.
     *
     * <p>A twin has an image, or a create call whose answer is not known yet. One between two images is none: both would wait for
     * each other. One that ended otherwise than AVAILABLE is a twin when its image stayed, as after a replication that failed.
     *
     * @param deduplicate whether to look for a twin first; of two equal jobs that come here at once, one is the other's
     * @param imageless twins whose image was found gone
     */
    @Transactional
    public Intent intendCreate(Job job, boolean deduplicate, Set<UUID> imageless) {
        Optional<JobEntity> held = jobs.lockHeld(job.id(), job.leaseEpoch());
        if (held.isEmpty()) {
            return new Intent.LeaseLost();
        }
        if (deduplicate) {
            // two equal jobs that commit at the same moment would not see each other
            entities.createNativeQuery("SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(:content, 0))")
                    .setParameter("content", job.checkedImage().sha256())
                    .getSingleResult();
            Optional<JobEntity> twin = jobs.find(
                            "sha256 = ?1 and region = ?2 and label = ?3 and cloudInit = ?4 and id not in ?5 and imageNumber > 0"
                                    + " and (imageId is not null or createUnresolved)"
                                    + " and (state in ('UPLOADING', 'PROCESSING', 'REPLICATING', 'AVAILABLE')"
                                    + " or state in ('FAILED', 'CANCELLED') and imageStatus = 'available'"
                                    + " and allBytesSentAt is not null)"
                                    + " order by createdAt, id",
                            job.checkedImage().sha256(),
                            job.metadata().regionOrNull(),
                            job.metadata().label(),
                            job.metadata().cloudInit(),
                            Stream.concat(Stream.of(job.id()), imageless.stream())
                                    .toList())
                    .firstResultOptional();
            if (twin.isPresent()) {
                return new Intent.Twin(twin.get().toJob());
            }
        }
        Job intending = job.withImage(job.image().intendingNext());
        JobEntity row = held.get();
        row.takeFacts(intending);
        row.updatedAt = now();
        return new Intent.Committed(intending);
    }

    /** Stops or allows the beginning of uploads, for all instances, over restarts; those under way finish. */
    @Transactional
    public void setPaused(boolean paused) {
        entities.createNativeQuery("UPDATE control SET paused = :paused")
                .setParameter("paused", paused)
                .executeUpdate();
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

    /** Asks for the end of a job that has no outcome yet: whoever holds it stops, or the next claim ends it. */
    @Transactional
    public Change requestCancel(UUID id) {
        return changeUnfinished(id, "cancelled", row -> {
            if (!row.cancelRequested) {
                row.cancelRequested = true;
                tell(row, row.state, now(), "a user cancels the job");
            }
        });
    }

    /** Changes when a job gets its turn: higher goes first. */
    @Transactional
    public Change setPriority(UUID id, int priority) {
        return changeUnfinished(id, "put before or behind others", row -> {
            if (row.priority != priority) {
                tell(row, row.state, now(), "a user changes the priority from " + row.priority + " to " + priority);
                row.priority = priority;
            }
        });
    }

    private Change changeUnfinished(UUID id, String how, Consumer<JobEntity> change) {
        Optional<JobEntity> found = jobs.lock(id);
        if (found.isEmpty()) {
            return new Change.NoSuchJob();
        }
        JobEntity row = found.get();
        if (row.outcomeAt != null) {
            return new Change.Refused("the job has ended " + row.state + " and cannot be " + how + " any more");
        }
        change.accept(row);
        row.updatedAt = now();
        return new Change.Made(row.toJob());
    }

    /**
     * Gives an ended job another life, decided by {@link dev.imageferry.job.JobLifecycle#retried}: its files are back in the
     * drop folder.
     *
     * @param again the job as it is to go on, with the fingerprint and the metadata of now
     */
    @Transactional
    public Change retry(Job again) {
        Optional<JobEntity> found = jobs.lock(again.id());
        if (found.isEmpty()) {
            return new Change.NoSuchJob();
        }
        JobEntity row = found.get();
        if (row.archivedAt == null) {
            return new Change.Refused("the job is on its way again already");
        }
        if (jobs.count(
                        "folderId = ?1 and sql('md5(?)', file) = sql('md5(?)', ?2) and file = ?2 and inode = ?3"
                                + " and bytes = ?4 and modifiedNanos = ?5 and id <> ?6",
                        row.folderId,
                        row.file,
                        again.fingerprint().inode(),
                        again.fingerprint().bytes(),
                        again.fingerprint().modifiedNanos(),
                        row.id)
                > 0) {
            return new Change.Refused("the changed file has become a job of its own already");
        }
        Instant now = now();
        JobState from = row.state;
        addToTotal(QueueWatch.NOW + from.name(), -1);
        row.takeFacts(again);
        row.inode = again.fingerprint().inode();
        row.bytes = again.fingerprint().bytes();
        row.modifiedNanos = again.fingerprint().modifiedNanos();
        row.state = again.state();
        row.stateSince = now;
        row.attempt = again.attempt();
        row.nextRunAt = now;
        row.errorCode = null;
        row.errorMessage = null;
        row.errorSince = null;
        row.cancelRequested = false;
        row.outcomeAt = null;
        row.archivedAt = null;
        row.archiveName = null;
        tell(row, from, now, "a user has the job tried again");
        row.updatedAt = now;
        return new Change.Made(row.toJob());
    }

    /** What was set for the bandwidth of the whole queue: {@code 10M}, {@code off}; empty for what the setting says. */
    @Transactional
    public Optional<String> bandwidth() {
        return Optional.ofNullable(
                (@Nullable String) entities.createNativeQuery("SELECT bandwidth FROM control", String.class)
                        .getSingleResult());
    }

    /** Sets it for all instances, over restarts; null for what the setting says. */
    @Transactional
    public void setBandwidth(@Nullable String limit) {
        entities.createNativeQuery("UPDATE control SET bandwidth = NULLIF(:bandwidth, '')")
                .setParameter("bandwidth", Objects.requireNonNullElse(limit, ""))
                .executeUpdate();
    }

    /** Jobs whose row was written since, of those that are not archived or were so in the last minute; oldest first. */
    @Transactional
    public List<Job> writtenSince(Instant since) {
        return jobs
                .find(
                        "(archivedAt is null or archivedAt > ?1) and updatedAt > ?2 order by createdAt, id",
                        now().minus(SHOWN_AFTER_ARCHIVING),
                        since)
                .stream()
                .map(JobEntity::toJob)
                .toList();
    }

    private Instant now() {
        return (Instant)
                entities.createNativeQuery("SELECT now()", Instant.class).getSingleResult();
    }

    private void tell(JobEntity row, JobState from, Instant now, String detail) {
        HistoryEntity entry = new HistoryEntity();
        entry.jobId = row.id;
        entry.at = now;
        entry.from = from;
        entry.to = row.state;
        entry.attempt = row.attempt;
        entry.instance = row.instance;
        entry.detail = detail;
        entities.persist(entry);
    }

    private void addToTotal(String name, long amount) {
        if (amount != 0) {
            entities.createNativeQuery("UPDATE total SET value = value + :amount WHERE name = :name")
                    .setParameter("amount", amount)
                    .setParameter("name", name)
                    .executeUpdate();
        }
    }

    private static void release(JobEntity row, Instant now) {
        row.instance = null;
        row.leaseUntil = null;
        row.updatedAt = now;
    }
}
