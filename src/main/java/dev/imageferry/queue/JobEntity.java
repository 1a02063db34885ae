package dev.imageferry.queue;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.UploadUrl;
import jakarta.persistence.Column;
import jakarta.persistence.ColumnResult;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityResult;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.SqlResultSetMapping;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.hibernate.annotations.DynamicUpdate;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** A row of {@code job}; what each column means stands in the migration and at {@link Job}. */
@Entity
@Table(name = "job")
@DynamicUpdate // only what changed is written, so that rows stay on their page and other writers' columns are left
// alone
@SqlResultSetMapping(
        name = JobEntity.CLAIM,
        entities = @EntityResult(entityClass = JobEntity.class),
        columns = {
            @ColumnResult(name = "lost_instance", type = String.class),
            @ColumnResult(name = "lost_bytes", type = Long.class)
        })
@SuppressWarnings("NullAway.Init") // Hibernate fills the fields
class JobEntity {
    static final String CLAIM = "claim";

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

    @Enumerated(EnumType.STRING)
    JobState state;

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

    @Column(name = "upload_url")
    @Nullable
    String uploadUrl;

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

    Job toJob() {
        return new Job(
                id,
                folderId,
                file,
                new FileFingerprint(inode, bytes, modifiedNanos),
                state,
                new ImageMetadata(label, description, region, tags, cloudInit, replicateTo, priority, sidecar()),
                priority,
                checked(),
                new ImageRecord(
                        imageNumber,
                        createUnresolved,
                        imageId,
                        imageStatus,
                        imageRegions,
                        uploadUrl == null ? null : new UploadUrl(uploadUrl),
                        allBytesSentAt),
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

    private @Nullable FileFingerprint sidecar() {
        if (sidecarInode == null || sidecarBytes == null || sidecarModifiedNanos == null) {
            return null;
        }
        return new FileFingerprint(sidecarInode, sidecarBytes, sidecarModifiedNanos);
    }

    private @Nullable CheckedImage checked() {
        if (uncompressedBytes == null || sha256 == null || md5 == null || crc32c == null || contents == null) {
            return null;
        }
        return new CheckedImage(bytes, uncompressedBytes, sha256, md5, crc32c, contents);
    }

    /** Takes over the facts that the holder of the lease may change; priority and cancel request are others' to write. */
    void takeFacts(Job job) {
        ImageMetadata metadata = job.metadata();
        label = metadata.label();
        description = metadata.description();
        region = metadata.regionOrNull();
        tags = metadata.tags();
        cloudInit = metadata.cloudInit();
        replicateTo = metadata.replicateTo();
        FileFingerprint sidecar = metadata.sidecarOrNull();
        sidecarInode = sidecar == null ? null : Long.valueOf(sidecar.inode());
        sidecarBytes = sidecar == null ? null : Long.valueOf(sidecar.bytes());
        sidecarModifiedNanos = sidecar == null ? null : Long.valueOf(sidecar.modifiedNanos());
        job.checked().ifPresent(checked -> {
            uncompressedBytes = checked.uncompressedBytes();
            sha256 = checked.sha256();
            md5 = checked.md5();
            crc32c = checked.crc32c();
            contents = checked.contents();
        });
        ImageRecord image = job.image();
        imageNumber = image.number();
        createUnresolved = image.createUnresolved();
        imageId = image.idOrNull();
        imageStatus = image.statusOrNull();
        imageRegions = image.regions();
        uploadUrl =
                image.uploadUrlOrNull() == null ? null : image.uploadUrlOrNull().value();
        allBytesSentAt = image.allBytesSentAtOrNull();
        bytesSent = job.bytesSent();
        archiveName = job.archiveNameOrNull();
    }

    private static String text(@Nullable String message) {
        return message == null ? "" : message;
    }
}
