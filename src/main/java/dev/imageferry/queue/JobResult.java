package dev.imageferry.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.UploadUrl;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads rows of {@code job} from JDBC, as Hibernate reads them for the lists. */
final class JobResult {
    private JobResult() {}

    /**
     * Reads a row of {@code job} from JDBC.
     *
     * @throws IllegalArgumentException if the row contains JSON of a newer version that this version cannot read
     */
    static JobEntity read(ResultSet row, ObjectMapper json) throws SQLException {
        JobEntity entity = new JobEntity();
        entity.id = row.getObject("id", UUID.class);
        entity.folderId = row.getObject("folder_id", UUID.class);
        entity.file = row.getString("file");
        entity.inode = row.getLong("inode");
        entity.bytes = row.getLong("bytes");
        entity.modifiedNanos = row.getLong("modified_nanos");
        entity.changedNanos = row.getLong("changed_nanos");
        entity.fileSince = requiredInstant(row, "file_since");
        entity.state = row.getString("state");
        entity.stateSince = requiredInstant(row, "state_since");
        entity.priority = row.getInt("priority");
        entity.label = row.getString("label");
        entity.description = row.getString("description");
        entity.region = row.getString("region");
        entity.tags = texts(row, "tags");
        entity.cloudInit = row.getBoolean("cloud_init");
        entity.replicateTo = texts(row, "replicate_to");
        entity.sidecarInode = row.getObject("sidecar_inode", Long.class);
        entity.sidecarBytes = row.getObject("sidecar_bytes", Long.class);
        entity.sidecarModifiedNanos = row.getObject("sidecar_modified_nanos", Long.class);
        entity.sidecarChangedNanos = row.getObject("sidecar_changed_nanos", Long.class);
        entity.family = row.getString("family");
        entity.keep = row.getObject("keep", Integer.class);
        entity.convert = row.getBoolean("convert");
        entity.sourceSha256 = row.getString("source_sha256");
        entity.preparedInode = row.getObject("prepared_inode", Long.class);
        entity.preparedBytes = row.getObject("prepared_bytes", Long.class);
        entity.preparedModifiedNanos = row.getObject("prepared_modified_nanos", Long.class);
        entity.preparedChangedNanos = row.getObject("prepared_changed_nanos", Long.class);
        entity.uncompressedBytes = row.getObject("uncompressed_bytes", Long.class);
        entity.sha256 = row.getString("sha256");
        entity.md5 = row.getString("md5");
        entity.crc32c = row.getObject("crc32c", Integer.class);
        entity.imageNumber = row.getInt("image_number");
        entity.createUnresolved = row.getBoolean("create_unresolved");
        entity.imageId = row.getString("image_id");
        entity.imageStatus = row.getString("image_status");
        entity.retiredAt = instant(row, "retired_at");
        entity.retiredReason = row.getString("retired_reason");
        String uploadUrl = row.getString("upload_url");
        entity.uploadUrl = uploadUrl == null ? null : new UploadUrl(uploadUrl);
        entity.allBytesSentAt = instant(row, "all_bytes_sent_at");
        entity.bytesSent = row.getLong("bytes_sent");
        entity.attempt = row.getInt("attempt");
        entity.nextRunAt = requiredInstant(row, "next_run_at");
        entity.errorCode = row.getString("error_code");
        entity.errorMessage = row.getString("error_message");
        entity.errorSince = instant(row, "error_since");
        entity.instance = row.getString("instance");
        entity.leaseEpoch = row.getLong("lease_epoch");
        entity.cancelRequested = row.getBoolean("cancel_requested");
        entity.outcomeAt = instant(row, "outcome_at");
        entity.archiveName = row.getString("archive_name");
        entity.archivedAt = instant(row, "archived_at");
        entity.createdAt = requiredInstant(row, "created_at");
        entity.startedAt = instant(row, "started_at");
        entity.updatedAt = requiredInstant(row, "updated_at");
        try {
            String contents = row.getString("contents");
            entity.contents = contents == null ? null : json.readValue(contents, DiskContents.class);
            entity.imageRegions =
                    List.of(json.readValue(row.getString("image_regions"), ImageRecord.RegionCopy[].class));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("job " + entity.id + " contains JSON that this version cannot read", e);
        }
        return entity;
    }

    private static List<String> texts(ResultSet row, String column) throws SQLException {
        return List.of((String[]) row.getArray(column).getArray());
    }

    private static Instant requiredInstant(ResultSet row, String column) throws SQLException {
        return Objects.requireNonNull(instant(row, column), column);
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }
}
