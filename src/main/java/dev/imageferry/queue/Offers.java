package dev.imageferry.queue;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.mapper.RowMapper;

/** Creates jobs for settled files, one for each content, and records which files still exist. */
@ApplicationScoped
@Unremovable
public class Offers {
    /** The error codes of jobs that stay CONVERTING or CHECKING because the file can be an unfinished copy. */
    private static final String[] UNFIT = Arrays.stream(ErrorCode.values())
            .filter(code -> code.consequence() == ErrorCode.Consequence.REJECT)
            .map(ErrorCode::wireName)
            .toArray(String[]::new);

    private static final String RESUME_UNFINISHED = """
            UPDATE job SET inode = :inode, bytes = :bytes, modified_nanos = :modified, changed_nanos = :changed,
                file_since = now(), next_run_at = now(), updated_at = now()
            WHERE %s AND state IN ('CONVERTING', 'CHECKING') AND lease_until IS NULL AND error_code = ANY (:unfit)
            """.formatted(JobRow.IS_PATH);

    private static final String IS_RECENT = "(file_gone_at IS NULL OR file_gone_at > now() - interval '10 minutes')";

    private static final String ROWS_OF_PATH =
            "SELECT inode, bytes, modified_nanos, changed_nanos, file_gone_at IS NOT NULL AS gone, archived_at IS NOT NULL AS ended,"
                    + " state IN ('CONVERTING', 'CHECKING') AND lease_until IS NOT NULL AS being_checked FROM job WHERE "
                    + JobRow.IS_PATH + " AND " + IS_RECENT;

    /** Sets the change time of rows that have none, and of rows whose file has not been read yet. */
    private static final String ADOPT_CHANGE_TIME = "UPDATE job SET changed_nanos = :changed WHERE " + JobRow.IS_PATH
            + " AND file_gone_at IS NULL AND inode = :inode AND bytes = :bytes AND modified_nanos = :modified"
            + " AND (changed_nanos = 0 OR (state = 'QUEUED' AND lease_until IS NULL))";

    private static final String REPLACED = "UPDATE job SET file_gone_at = now() WHERE " + JobRow.IS_PATH
            + " AND file_gone_at IS NULL AND archived_at IS NOT NULL";

    /** Many files in one statement. Their times differ, so that they keep their order. */
    private static final String ENQUEUE = """
            WITH offered AS (
                SELECT *, statement_timestamp() + (number - 1) * interval '1 microsecond' AS at
                FROM ROWS FROM (jsonb_to_recordset(CAST(:offered AS jsonb)) AS (
                    id uuid, folder uuid, file text, inode bigint, bytes bigint, modified bigint, changed bigint,
                    priority integer, label text, description text, region text, tags text[], "cloudInit" boolean,
                    "replicateTo" text[], "sidecarInode" bigint, "sidecarBytes" bigint, "sidecarModified" bigint,
                    "sidecarChanged" bigint, family text, keep integer, convert boolean)) WITH ORDINALITY AS offered (
                    id, folder, path, inode, bytes, modified, changed, priority, label, description, region, tags, cloud_init,
                    replicate_to, sidecar_inode, sidecar_bytes, sidecar_modified, sidecar_changed, family,
                    keep, convert, number)),
            made AS (
                INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, changed_nanos, file_since, state, state_since,
                    priority, label, description, region, tags, cloud_init, replicate_to,
                    sidecar_inode, sidecar_bytes, sidecar_modified_nanos, sidecar_changed_nanos, family, keep, convert,
                    next_run_at, created_at, updated_at)
                SELECT id, folder, path, inode, bytes, modified, changed, at, 'QUEUED', at,
                    priority, label, description, region, tags, cloud_init, replicate_to,
                    sidecar_inode, sidecar_bytes, sidecar_modified, sidecar_changed, family, keep, convert, at, at, at
                FROM offered WHERE %s ORDER BY number
                ON CONFLICT (folder_id, md5(file), inode, bytes, modified_nanos, changed_nanos) WHERE file_gone_at IS NULL
                    DO NOTHING
                RETURNING id, created_at),
            entered AS (
                INSERT INTO job_history (job_id, at, to_state, attempt, detail)
                SELECT id, created_at, 'QUEUED', 0, 'file has settled' FROM made)
            SELECT id FROM made
            """;

    private static final String ENQUEUE_ANOTHER = ENQUEUE.formatted("true");

    /** OFFSET 0 makes PostgreSQL look each path up by the index, whatever the statistics. */
    private static final String ENQUEUE_FIRST = ENQUEUE.formatted(
            "NOT EXISTS (SELECT FROM job WHERE folder_id = offered.folder AND md5(file) = md5(path) AND file = path AND "
                    + IS_RECENT + " OFFSET 0)");

    /** The number of files in one transaction. */
    private static final int BATCH = 500;

    /** Marks the files of archived jobs as gone. */
    private static final String GONE = "UPDATE job SET file_gone_at = now() WHERE folder_id = :folder"
            + " AND archived_at IS NOT NULL AND file_gone_at IS NULL AND ";

    /** Finds the paths by their hashes, for which there is an index. */
    static final String FILES_GONE =
            GONE + "md5(file) = ANY (ARRAY (SELECT md5(path) FROM unnest(:files) AS path)) AND file = ANY (:files)";

    private static final Logger LOG = Logger.getLogger(Offers.class);

    private final Jdbi jdbi;

    Offers(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** The result of an offer. */
    public enum Offer {
        /** The file became a job. */
        ENQUEUED,
        /** An unfinished copy has grown. Its job checks the file again. */
        RESUMED,
        /** A job for this content exists already. It can have ended. */
        KNOWN,
        /** A job for this path is being checked. The file must be offered again. */
        LATER
    }

    /** The content that an existing row of the path is for. */
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

    /**
     * Creates jobs for settled files whose paths have no job, many in one transaction. If the database refuses a file, the files
     * of its transaction are left out.
     *
     * @return the files that became jobs; the others must be offered one by one
     */
    public Set<DroppedFile> offerFirst(List<NewJob> offered) {
        Set<DroppedFile> created = new HashSet<>();
        for (int from = 0; from < offered.size(); from += BATCH) {
            List<NewJob> part = offered.subList(from, Math.min(from + BATCH, offered.size()));
            try {
                Map<UUID, DroppedFile> files = new LinkedHashMap<>();
                part.forEach(each -> files.put(UUID.randomUUID(), each.file()));
                jdbi.withHandle(handle -> enqueue(handle, ENQUEUE_FIRST, files.keySet(), part))
                        .forEach(id -> created.add(Objects.requireNonNull(files.get(id))));
            } catch (RuntimeException e) {
                if (DatabaseOutage.of(e).isPresent()) {
                    throw e;
                }
                LOG.debugf(e, "offering %d files one by one", part.size());
            }
        }
        return created;
    }

    /** Returns the ids of the jobs that were created. */
    private static List<UUID> enqueue(Handle handle, String sql, Collection<UUID> ids, List<NewJob> offered) {
        Iterator<UUID> id = ids.iterator();
        List<Map<String, Object>> rows = new ArrayList<>();
        for (NewJob each : offered) {
            Map<String, Object> row = values(each);
            JobRow.putMetadata(row, each.metadata());
            row.put("id", id.next());
            row.values().removeIf(Argument.class::isInstance); // a missing key is NULL
            rows.add(row);
        }
        return handle.createQuery(sql)
                .bind("offered", JobRow.json(rows))
                .mapTo(UUID.class)
                .list();
    }

    private static Map<String, Object> values(NewJob offered) {
        Map<String, Object> values = new HashMap<>();
        values.put("folder", offered.folderId());
        values.put("file", offered.file().path());
        values.put("priority", offered.metadata().priority());
        values.put("convert", offered.convert());
        values.put("unfit", UNFIT);
        JobRow.putFingerprint(values, offered.file().fingerprint());
        return values;
    }

    /** Creates a job for a settled file unless a row with the same content exists whose file is still there. */
    public Offer offer(NewJob offered) {
        FileFingerprint seen = offered.file().fingerprint();
        Map<String, Object> values = values(offered);
        return jdbi.inTransaction(handle -> {
            List<Row> rows = handle.createQuery(ROWS_OF_PATH)
                    .bindMap(values)
                    .map(Row.MAPPER)
                    .list();
            for (Row row : rows) {
                if (row.fingerprint().equals(seen)) {
                    // the file was removed after the scan had seen it; the next scan decides
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
            handle.createUpdate(REPLACED).bindMap(values).execute();
            List<UUID> made = enqueue(handle, ENQUEUE_ANOTHER, List.of(UUID.randomUUID()), List.of(offered));
            return made.isEmpty() ? Offer.KNOWN : Offer.ENQUEUED;
        });
    }

    /**
     * Returns the newest job of a file, even if it has ended and the file is gone since. The fingerprints can differ in the change
     * time.
     */
    public Optional<Job> find(UUID folderId, DroppedFile file) {
        Map<String, Object> values = new HashMap<>();
        values.put("folder", folderId);
        values.put("file", file.path());
        JobRow.putFingerprint(values, file.fingerprint());
        return jdbi.withHandle(handle -> handle.createQuery("SELECT * FROM job WHERE " + JobRow.IS_PATH + """
                         AND inode = :inode AND bytes = :bytes AND modified_nanos = :modified
                        ORDER BY created_at DESC, id DESC LIMIT 1
                        """)
                .bindMap(values)
                .mapTo(Job.class)
                .findOne());
    }

    /** Records that files no longer exist. A file that appears under the same name is then new. */
    public void filesGone(UUID folderId, Collection<String> files) {
        jdbi.useHandle(handle -> handle.createUpdate(FILES_GONE)
                .bind("folder", folderId)
                .bindArray("files", String.class, files)
                .execute());
    }

    /** Records the files that the first scan of a process found. All others no longer exist. */
    public void onlyFiles(UUID folderId, Collection<String> files) {
        jdbi.useHandle(handle -> handle.createUpdate(
                        GONE + "NOT EXISTS (SELECT FROM unnest(:files) AS seen (file) WHERE seen.file = job.file)")
                .bind("folder", folderId)
                .bindArray("files", String.class, files)
                .execute());
    }

    /** Returns at most {@code limit} jobs of this folder that wait for the rest of their file. */
    public List<Job> unfinished(UUID folderId, int limit) {
        return jdbi.withHandle(handle -> handle.createQuery("""
                        SELECT * FROM job WHERE folder_id = :folder AND state IN ('CONVERTING', 'CHECKING') AND archived_at IS NULL
                            AND error_code = ANY (:unfit) ORDER BY created_at, id LIMIT :limit
                        """)
                .bind("folder", folderId)
                .bindArray("unfit", String.class, (Object[]) UNFIT)
                .bind("limit", limit)
                .mapTo(Job.class)
                .list());
    }

    /** Returns the newest jobs of this folder that ended without an image in the last day and whose file is in {@code failed/}. */
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
