package dev.imageferry.queue;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.PreparedFile;
import dev.imageferry.job.Problem;
import dev.imageferry.job.RetiredImage;
import dev.imageferry.job.UploadUrl;
import jakarta.persistence.Column;
import jakarta.persistence.Convert;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** A row of {@code job}. The migrations and {@link Job} describe the columns. */
@Entity
@Table(name = "job")
@SuppressWarnings("NullAway.Init") // Hibernate fills the fields
class JobEntity {
    private static final Logger LOG = Logger.getLogger(JobEntity.class);

    @Id
    UUID id;

    @Column(name = "folder_id", updatable = false)
    UUID folderId;

    @Column(updatable = false)
    String file;

    long inode;
    long bytes;

    @Column(name = "modified_nanos")
    long modifiedNanos;

    @Column(name = "changed_nanos")
    long changedNanos;

    @Column(name = "file_since")
    Instant fileSince;

    String state;

    @Column(name = "state_since")
    Instant stateSince;

    int priority;
    String label;
    String description;

    @Nullable
    String region;

    @JdbcTypeCode(SqlTypes.ARRAY)
    List<String> tags;

    @Column(name = "cloud_init")
    boolean cloudInit;

    @Column(name = "replicate_to")
    @JdbcTypeCode(SqlTypes.ARRAY)
    List<String> replicateTo;

    @Column(name = "sidecar_inode")
    @Nullable
    Long sidecarInode;

    @Column(name = "sidecar_bytes")
    @Nullable
    Long sidecarBytes;

    @Column(name = "sidecar_modified_nanos")
    @Nullable
    Long sidecarModifiedNanos;

    @Column(name = "sidecar_changed_nanos")
    @Nullable
    Long sidecarChangedNanos;

    @Nullable
    String family;

    @Nullable
    Integer keep;

    boolean convert;

    @Column(name = "source_sha256")
    @Nullable
    String sourceSha256;

    @Column(name = "prepared_inode")
    @Nullable
    Long preparedInode;

    @Column(name = "prepared_bytes")
    @Nullable
    Long preparedBytes;

    @Column(name = "prepared_modified_nanos")
    @Nullable
    Long preparedModifiedNanos;

    @Column(name = "prepared_changed_nanos")
    @Nullable
    Long preparedChangedNanos;

    @Column(name = "uncompressed_bytes")
    @Nullable
    Long uncompressedBytes;

    @Nullable
    String sha256;

    @Nullable
    String md5;

    @Nullable
    Integer crc32c;

    @JdbcTypeCode(SqlTypes.JSON)
    @Nullable
    DiskContents contents;

    @Column(name = "image_number")
    int imageNumber;

    @Column(name = "create_unresolved")
    boolean createUnresolved;

    @Column(name = "image_id")
    @Nullable
    String imageId;

    @Column(name = "image_status")
    @Nullable
    String imageStatus;

    @Column(name = "image_regions")
    @JdbcTypeCode(SqlTypes.JSON)
    List<ImageRecord.RegionCopy> imageRegions;

    @Column(name = "retired_at")
    @Nullable
    Instant retiredAt;

    @Column(name = "retired_reason")
    @Nullable
    String retiredReason;

    @Column(name = "upload_url")
    @Convert(converter = UploadUrlColumn.class)
    @Nullable
    UploadUrl uploadUrl;

    @Column(name = "all_bytes_sent_at")
    @Nullable
    Instant allBytesSentAt;

    @Column(name = "bytes_sent")
    long bytesSent;

    int attempt;

    @Column(name = "next_run_at")
    Instant nextRunAt;

    @Column(name = "error_code")
    @Nullable
    String errorCode;

    @Column(name = "error_message")
    @Nullable
    String errorMessage;

    @Column(name = "error_since")
    @Nullable
    Instant errorSince;

    @Nullable
    String instance;

    @Column(name = "lease_epoch")
    long leaseEpoch;

    @Column(name = "lease_until")
    @Nullable
    Instant leaseUntil;

    @Column(name = "cancel_requested")
    boolean cancelRequested;

    @Column(name = "outcome_at")
    @Nullable
    Instant outcomeAt;

    @Column(name = "archive_name")
    @Nullable
    String archiveName;

    @Column(name = "archived_at")
    @Nullable
    Instant archivedAt;

    @Column(name = "created_at", updatable = false)
    Instant createdAt;

    @Column(name = "started_at")
    @Nullable
    Instant startedAt;

    @Column(name = "updated_at")
    Instant updatedAt;

    /** Returns the job; empty if only a newer version can read it. */
    Optional<Job> readable() {
        try {
            return Optional.of(toJob());
        } catch (IllegalArgumentException e) {
            LOG.warnf("this version cannot show a job of a newer version job=%s reason=%s", id, e.getMessage());
            return Optional.empty();
        }
    }

    /** @throws IllegalArgumentException if the row contains a value of a newer version that this version does not know */
    Job toJob() {
        return new Job(
                id,
                folderId,
                file,
                new FileFingerprint(inode, bytes, modifiedNanos, changedNanos),
                fileSince,
                JobState.valueOf(state),
                new ImageMetadata(
                        label,
                        description,
                        region,
                        tags,
                        cloudInit,
                        replicateTo,
                        priority,
                        family,
                        keep,
                        fingerprint(sidecarInode, sidecarBytes, sidecarModifiedNanos, sidecarChangedNanos)),
                priority,
                convert,
                prepared(),
                checked(),
                new ImageRecord(
                        imageNumber, createUnresolved, imageId, imageStatus, imageRegions, uploadUrl, allBytesSentAt),
                retiredAt == null ? null : new RetiredImage(retiredAt, text(retiredReason)),
                bytesSent,
                attempt,
                nextRunAt,
                errorCode == null ? null : new Problem(ErrorCode.ofWireName(errorCode), text(errorMessage)),
                errorSince,
                instance,
                leaseEpoch,
                cancelRequested,
                archiveName,
                createdAt,
                startedAt,
                stateSince,
                outcomeAt,
                archivedAt,
                updatedAt);
    }

    private static @Nullable FileFingerprint fingerprint(
            @Nullable Long inode, @Nullable Long bytes, @Nullable Long modified, @Nullable Long changed) {
        return inode == null || bytes == null || modified == null
                ? null
                : new FileFingerprint(inode, bytes, modified, changed == null ? 0 : changed);
    }

    private @Nullable PreparedFile prepared() {
        FileFingerprint file = fingerprint(preparedInode, preparedBytes, preparedModifiedNanos, preparedChangedNanos);
        return file == null || sourceSha256 == null ? null : new PreparedFile(file, sourceSha256);
    }

    private @Nullable CheckedImage checked() {
        if (uncompressedBytes == null || sha256 == null || md5 == null || crc32c == null || contents == null) {
            return null;
        }
        return new CheckedImage(
                preparedBytes == null ? bytes : preparedBytes, uncompressedBytes, sha256, md5, crc32c, contents);
    }

    private static String text(@Nullable String message) {
        return message == null ? "" : message;
    }
}
