package dev.imageferry.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.PreparedFile;
import dev.imageferry.job.Problem;
import dev.imageferry.job.UploadUrl;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.argument.NullArgument;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Maps a job to the table {@code job}: reads rows, and provides the columns that the holder of the lease writes. */
final class JobRow implements RowMapper<Job> {
    /** Assigns {@link #facts}. Excludes the priority and the cancel request, which operators write. */
    static final String ASSIGN_FACTS = """
            label = :label, description = :description, region = :region, tags = :tags, cloud_init = :cloudInit,
            replicate_to = :replicateTo, family = :family, keep = :keep, sidecar_inode = :sidecarInode, sidecar_bytes = :sidecarBytes,
            sidecar_modified_nanos = :sidecarModified, sidecar_changed_nanos = :sidecarChanged, changed_nanos = :changed,
            source_sha256 = :sourceSha256, prepared_inode = :preparedInode, prepared_bytes = :preparedBytes,
            prepared_modified_nanos = :preparedModified, prepared_changed_nanos = :preparedChanged,
            uncompressed_bytes = :uncompressedBytes, sha256 = :sha256, md5 = :md5, crc32c = :crc32c,
            contents = CAST(:contents AS jsonb), image_number = :imageNumber, create_unresolved = :createUnresolved,
            image_id = :imageId, image_status = :imageStatus, image_regions = CAST(:imageRegions AS jsonb),
            upload_url = :uploadUrl, all_bytes_sent_at = CAST(:allBytesSentAt AS timestamptz), bytes_sent = :bytesSent, archive_name = :archiveName
            """;

    /** Matches the row of the job while the writer holds its lease. */
    static final String IS_HELD = "job.id = :id AND job.lease_epoch = :epoch AND job.instance IS NOT NULL";

    /** Matches the rows of one path in one folder. Uses a hash, because a path can be longer than an index entry. */
    static final String IS_PATH = "folder_id = :folder AND md5(file) = md5(:file) AND file = :file";

    /** Matches the rows whose folder a running daemon serves: one with a heartbeat within the last lease duration. */
    static final String IS_SERVED = "EXISTS (SELECT FROM instance WHERE instance.folder_id = job.folder_id"
            + " AND instance.seen_at > now() - make_interval(secs => :lease))";

    private static final ObjectMapper JSON =
            new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    /**
     * NULL with the type that the parameter has otherwise. The server would parse and plan the statement again whenever the type of
     * a parameter changes.
     */
    private static final Argument NO_TEXT = new NullArgument(Types.VARCHAR);

    private static final Argument NO_NUMBER = new NullArgument(Types.BIGINT);
    private static final Argument NO_INTEGER = new NullArgument(Types.INTEGER);

    @Override
    public Job map(ResultSet row, StatementContext context) throws SQLException {
        return read(row);
    }

    /** @throws IllegalArgumentException if the row contains a value of a newer version that this version does not know */
    static Job read(ResultSet row) throws SQLException {
        return JobResult.read(row, JSON).toJob();
    }

    /** Returns the parameters of {@link #ASSIGN_FACTS} and {@link #IS_HELD}. */
    static Map<String, Object> facts(Job job) {
        Map<String, Object> facts = new HashMap<>();
        facts.put("id", job.id());
        facts.put("epoch", job.leaseEpoch());
        putMetadata(facts, job.metadata());
        facts.put("changed", job.fingerprint().changedNanos());
        putPrepared(facts, job.preparedOrNull());
        putChecked(facts, job.checkedOrNull());
        putImage(facts, job.image());
        facts.put("bytesSent", job.bytesSent());
        facts.put("archiveName", text(job.archiveNameOrNull()));
        return facts;
    }

    static void putMetadata(Map<String, Object> facts, ImageMetadata metadata) {
        facts.put("label", metadata.label());
        facts.put("description", metadata.description());
        facts.put("region", text(metadata.regionOrNull()));
        facts.put("tags", metadata.tags().toArray(String[]::new));
        facts.put("cloudInit", metadata.cloudInit());
        facts.put("replicateTo", metadata.replicateTo().toArray(String[]::new));
        facts.put("family", text(metadata.familyOrNull()));
        Integer keep = metadata.keepOrNull();
        facts.put("keep", keep == null ? NO_INTEGER : keep);
        putFingerprint(facts, "sidecar", metadata.sidecarOrNull());
    }

    private static void putPrepared(Map<String, Object> facts, @Nullable PreparedFile prepared) {
        facts.put("sourceSha256", prepared == null ? NO_TEXT : prepared.sourceSha256());
        putFingerprint(facts, "prepared", prepared == null ? null : prepared.fingerprint());
    }

    private static void putFingerprint(Map<String, Object> facts, String of, @Nullable FileFingerprint fingerprint) {
        facts.put(of + "Inode", fingerprint == null ? NO_NUMBER : fingerprint.inode());
        facts.put(of + "Bytes", fingerprint == null ? NO_NUMBER : fingerprint.bytes());
        facts.put(of + "Modified", fingerprint == null ? NO_NUMBER : fingerprint.modifiedNanos());
        facts.put(of + "Changed", fingerprint == null ? NO_NUMBER : fingerprint.changedNanos());
    }

    static void putFingerprint(Map<String, Object> facts, FileFingerprint fingerprint) {
        facts.put("inode", fingerprint.inode());
        facts.put("bytes", fingerprint.bytes());
        facts.put("modified", fingerprint.modifiedNanos());
        facts.put("changed", fingerprint.changedNanos());
    }

    static void putProblem(Map<String, Object> facts, @Nullable Problem problem) {
        facts.put("code", problem == null ? NO_TEXT : problem.code().wireName());
        facts.put("message", problem == null ? NO_TEXT : problem.message());
    }

    private static void putChecked(Map<String, Object> facts, @Nullable CheckedImage checked) {
        facts.put("uncompressedBytes", checked == null ? NO_NUMBER : checked.uncompressedBytes());
        facts.put("sha256", checked == null ? NO_TEXT : checked.sha256());
        facts.put("md5", checked == null ? NO_TEXT : checked.md5());
        facts.put("crc32c", checked == null ? NO_INTEGER : checked.crc32c());
        facts.put("contents", checked == null ? NO_TEXT : json(checked.contents()));
    }

    private static void putImage(Map<String, Object> facts, ImageRecord image) {
        facts.put("imageNumber", image.number());
        facts.put("createUnresolved", image.createUnresolved());
        facts.put("imageId", text(image.idOrNull()));
        facts.put("imageStatus", text(image.statusOrNull()));
        facts.put("imageRegions", json(image.regions()));
        UploadUrl url = image.uploadUrlOrNull();
        facts.put("uploadUrl", url == null ? NO_TEXT : url.value());
        Instant sent = image.allBytesSentAtOrNull();
        facts.put("allBytesSentAt", sent == null ? NO_TEXT : sent.toString());
    }

    /** Returns the value of a text parameter. */
    static Object text(@Nullable String text) {
        return text == null ? NO_TEXT : text;
    }

    static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot convert to JSON: " + value, e);
        }
    }

    /** Returns the duration as a parameter of {@code make_interval(secs => …)}. */
    static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
