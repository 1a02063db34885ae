package dev.imageferry.queue;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jspecify.annotations.Nullable;

/** Makes settled files jobs, each content once, and keeps account of which files are still there. */
@ApplicationScoped
@Unremovable
public class Offers {
    /** The codes of verdicts that wait for the rest of a file while their job is still CHECKING. */
    private static final String[] UNFIT = Arrays.stream(ErrorCode.values())
            .filter(code -> code.consequence() == ErrorCode.Consequence.REJECT)
            .map(ErrorCode::wireName)
            .toArray(String[]::new);

    private static final String RESUME_UNFINISHED = """
            UPDATE job SET inode = :inode, bytes = :bytes, modified_nanos = :modified, changed_nanos = :changed,
                file_since = now(), next_run_at = now(), updated_at = now()
            WHERE %s AND state = 'CHECKING' AND lease_until IS NULL AND error_code = ANY (:unfit)
            """.formatted(JobRow.IS_PATH);

    private static final String ROWS_OF_PATH =
            "SELECT inode, bytes, modified_nanos, changed_nanos, file_gone_at IS NOT NULL AS gone, archived_at IS NOT NULL AS ended,"
                    + " state = 'CHECKING' AND lease_until IS NOT NULL AS being_checked FROM job WHERE "
                    + JobRow.IS_PATH + " AND (file_gone_at IS NULL OR file_gone_at > now() - interval '10 minutes')";

    /** Rows that do not know the change time, and rows whose file nobody has read yet. */
    private static final String ADOPT_CHANGE_TIME = "UPDATE job SET changed_nanos = :changed WHERE " + JobRow.IS_PATH
            + " AND file_gone_at IS NULL AND inode = :inode AND bytes = :bytes AND modified_nanos = :modified"
            + " AND (changed_nanos = 0 OR (state = 'QUEUED' AND lease_until IS NULL))";

    private static final String REPLACED = "UPDATE job SET file_gone_at = now() WHERE " + JobRow.IS_PATH
            + " AND file_gone_at IS NULL AND archived_at IS NOT NULL";

    private static final String ENQUEUE = """
            WITH made AS (
                INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, changed_nanos, file_since, state, state_since,
                    priority, label, description, region, tags, cloud_init, replicate_to,
                    sidecar_inode, sidecar_bytes, sidecar_modified_nanos, sidecar_changed_nanos,
                    next_run_at, created_at, updated_at)
                VALUES (:id, :folder, :file, :inode, :bytes, :modified, :changed, now(), 'QUEUED', now(),
                    :priority, :label, :description, :region, :tags, :cloudInit, :replicateTo,
                    :sidecarInode, :sidecarBytes, :sidecarModified, :sidecarChanged,
                    now(), now(), now())
                ON CONFLICT (folder_id, md5(file), inode, bytes, modified_nanos, changed_nanos) WHERE file_gone_at IS NULL
                    DO NOTHING
                RETURNING id),
            told AS (
                INSERT INTO job_history (job_id, at, to_state, attempt, detail)
                SELECT id, now(), 'QUEUED', 0, 'file has settled' FROM made)
            SELECT count(*) FROM made
            """;

    /** The files of a folder whose jobs are ended and archived, and that were there when anybody looked last. */
    private static final String GONE = "UPDATE job SET file_gone_at = now() WHERE folder_id = :folder"
            + " AND archived_at IS NOT NULL AND file_gone_at IS NULL AND ";

    private final Jdbi jdbi;

    Offers(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** What became of an offered file. */
    public enum Offer {
        /** It is a job now. */
        ENQUEUED,
        /** An unfinished copy went on; its job looks at the file again. */
        RESUMED,
        /** There is a job for this content, open or ended. */
        KNOWN,
        /** A job for this path is under way that decides what the content is: offer again. */
        LATER
    }

    /** One content that a row of the path is for. */
    private record Row(FileFingerprint fingerprint, boolean gone, boolean ended, boolean beingChecked) {
        static final RowMapper<Row> MAPPER = (row, context) -> new Row(
                new FileFingerprint(
                        row.getLong("inode"),
                        row.getLong("bytes"),
                        row.getLong("modified_nanos"),
                        row.getLong("changed_nanos")),
                row.getBoolean("gone"),
                row.getBoolean("ended"),
                row.getBoolean("being_checked"));
    }

    /** Makes a settled file a job, once for all rows whose file is still there. */
    public Offer offer(NewJob offered) {
        FileFingerprint seen = offered.file().fingerprint();
        Map<String, @Nullable Object> values = new HashMap<>();
        values.put("folder", offered.folderId());
        values.put("file", offered.file().path());
        values.put("unfit", UNFIT);
        JobRow.putFingerprint(values, seen);
        return jdbi.inTransaction(handle -> {
            List<Row> rows = handle.createQuery(ROWS_OF_PATH)
                    .bindMap(values)
                    .map(Row.MAPPER)
                    .list();
            for (Row row : rows) {
                if (row.fingerprint().equals(seen)) {
                    // gone a moment ago: the walk that saw it is older than that, and the next one knows
                    return row.gone() ? Offer.LATER : Offer.KNOWN;
                }
            }
            for (Row row : rows.stream().filter(row -> !row.gone()).toList()) {
                boolean same = row.fingerprint().equalsButForChangeTime(seen);
                if (same
                        && handle.createUpdate(ADOPT_CHANGE_TIME)
                                        .bindMap(values)
                                        .execute()
                                > 0) {
                    return Offer.KNOWN;
                }
                if (row.beingChecked() || (same && !row.ended())) {
                    return Offer.LATER;
                }
            }
            if (handle.createUpdate(RESUME_UNFINISHED).bindMap(values).execute() > 0) {
                return Offer.RESUMED;
            }
            return enqueue(handle, offered, values);
        });
    }

    private static Offer enqueue(Handle handle, NewJob offered, Map<String, @Nullable Object> values) {
        handle.createUpdate(REPLACED).bindMap(values).execute();
        values.put("id", UUID.randomUUID());
        values.put("priority", offered.metadata().priority());
        JobRow.putMetadata(values, offered.metadata());
        int made =
                handle.createQuery(ENQUEUE).bindMap(values).mapTo(Integer.class).one();
        return made == 1 ? Offer.ENQUEUED : Offer.KNOWN;
    }

    /** These files were there at an earlier walk and are not any more: whatever comes under their names is new. */
    public void filesGone(UUID folderId, Collection<String> files) {
        jdbi.useHandle(handle -> handle.createUpdate(GONE + "file IN (SELECT unnest(:files))")
                .bind("folder", folderId)
                .bindArray("files", String.class, files)
                .execute());
    }

    /** The first walk of a process saw these files and no others. */
    public void onlyFiles(UUID folderId, Collection<String> files) {
        jdbi.useHandle(handle -> handle.createUpdate(
                        GONE + "NOT EXISTS (SELECT FROM unnest(:files) AS seen (file) WHERE seen.file = job.file)")
                .bind("folder", folderId)
                .bindArray("files", String.class, files)
                .execute());
    }

    /** The jobs of this folder that wait for the rest of their file, at most {@code limit}. */
    public List<Job> unfinished(UUID folderId, int limit) {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT * FROM job WHERE folder_id = :folder AND state = 'CHECKING' AND archived_at IS NULL
                            AND error_code = ANY (:unfit) ORDER BY created_at, id LIMIT :limit
                        """)
                .bind("folder", folderId)
                .bindArray("unfit", String.class, (Object[]) UNFIT)
                .bind("limit", limit)
                .mapTo(Job.class)
                .list());
    }

    /** The newest jobs of this folder that ended within a day without an image, and whose file was put into {@code failed/}. */
    public List<Job> lately(UUID folderId, int limit) {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT * FROM job WHERE folder_id = :folder AND state IN ('REJECTED', 'FAILED')
                            AND archived_at > now() - interval '1 day' AND archive_name IS NOT NULL
                        ORDER BY archived_at DESC LIMIT :limit
                        """)
                .bind("folder", folderId)
                .bind("limit", limit)
                .mapTo(Job.class)
                .list());
    }
}
