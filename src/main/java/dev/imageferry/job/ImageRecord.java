package dev.imageferry.job;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the job row knows about its image at Linode. Steps resume from this record.
 *
 * @param number the image number: counts the create calls of the job, and is committed before each of them; 0 before the first
 * @param createUnresolved true from before a create call until its answer is known: an image with the tag of {@code number} may exist
 *     whose id is unknown
 * @param idOrNull e.g. {@code private/123}
 * @param statusOrNull the last known status: {@code pending_upload}, {@code creating}, {@code available}; stays
 *     {@code available} once the image was available
 * @param regions the copies of the image
 * @param uploadUrlOrNull where the file is uploaded to; null before the create call and when it is no longer needed
 * @param allBytesSentAtOrNull when the final bytes of a PUT were released; null if they were not
 */
public record ImageRecord(
        int number,
        boolean createUnresolved,
        @Nullable String idOrNull,
        @Nullable String statusOrNull,
        List<RegionCopy> regions,
        @Nullable UploadUrl uploadUrlOrNull,
        @Nullable Instant allBytesSentAtOrNull) {
    public static final ImageRecord NONE = new ImageRecord(0, false, null, null, List.of(), null, null);

    private static final Pattern TAG = Pattern.compile("imageferry-([0-9a-f]{32})-([1-9][0-9]{0,5})");

    /** Tags that could be mistaken for ours, also after Linode has normalized them. */
    private static final Pattern RESERVED =
            Pattern.compile("\\s*imageferry-[0-9a-f-]{32,36}-[0-9]+\\s*", Pattern.CASE_INSENSITIVE);

    /** The status of an image that can be deployed. */
    public static final String AVAILABLE = "available";

    /** The status of an image that Linode is unpacking or copying. */
    public static final String CREATING = "creating";

    /** The status of an image from its creation until Linode unpacks it, sometimes longer. */
    public static final String PENDING_UPLOAD = "pending_upload";

    public ImageRecord {
        regions = List.copyOf(regions);
    }

    /**
     * A copy of the image in one region.
     *
     * @param status the status at Linode, e.g. {@code pending replication}
     */
    public record RegionCopy(String region, String status) {}

    /** The tag that identifies an image of this job. It has at most 50 characters (Linode's limit). */
    public static String tag(UUID jobId, int number) {
        return tagPrefix(jobId) + number;
    }

    /** The prefix of the tags of all images of this job. */
    public static String tagPrefix(UUID jobId) {
        return "imageferry-" + jobId.toString().replace("-", "") + "-";
    }

    /**
     * Whether the image cannot be used and must be deleted: it received wrong bytes, or its upload URL is no longer valid. Only
     * meaningful in {@link JobState#UPLOADING}.
     */
    public boolean isCorrupted() {
        return idOrNull != null && uploadUrlOrNull == null && allBytesSentAtOrNull == null && !isAvailable();
    }

    /** Whether the image exists and the final bytes of a PUT to it have not been released. */
    public boolean awaitsBytes() {
        return uploadUrlOrNull != null && allBytesSentAtOrNull == null;
    }

    /** The content of an image tag: the job, and the image number from 1. */
    public record Tagged(UUID jobId, int number) {}

    /** Parses a tag. Returns empty if it is not one of ours. */
    public static Optional<Tagged> ofTag(String tag) {
        Matcher matcher = TAG.matcher(tag);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String hex = matcher.group(1);
        UUID jobId = new UUID(
                Long.parseUnsignedLong(hex.substring(0, 16), 16), Long.parseUnsignedLong(hex.substring(16), 16));
        return Optional.of(new Tagged(jobId, Integer.parseInt(matcher.group(2))));
    }

    /** Whether metadata must not contain this tag, because it would make an image look like the image of a job. */
    public static boolean isReservedTag(String tag) {
        return RESERVED.matcher(tag).matches();
    }

    /** Whether the image was available at any time. Such an image is never deleted, whatever its status while it is copied. */
    public boolean isAvailable() {
        return AVAILABLE.equals(statusOrNull);
    }

    /** Records that the next create call is about to be made. */
    public ImageRecord intendingNext() {
        return new ImageRecord(number + 1, true, null, null, List.of(), null, null);
    }

    /**
     * Records the image that the create call returned.
     *
     * @param status null if the answer did not contain it
     * @param copies null if the answer did not contain them
     */
    public ImageRecord created(String id, @Nullable String status, @Nullable List<RegionCopy> copies, UploadUrl url) {
        return new ImageRecord(number, false, id, status, copies == null ? List.of() : copies, url, null);
    }

    /** Records that no image of this job is left at Linode. The next create call uses the next number. */
    public ImageRecord gone() {
        return new ImageRecord(number, false, null, null, List.of(), null, null);
    }

    /** Records that an unknown image with this number was found. The next create call uses a higher number. */
    public ImageRecord ahead(int seen) {
        return new ImageRecord(
                Math.max(number, seen),
                createUnresolved,
                idOrNull,
                statusOrNull,
                regions,
                uploadUrlOrNull,
                allBytesSentAtOrNull);
    }

    /**
     * Records an answer of Linode about the image.
     *
     * @param status null if the answer did not contain it; the known status is kept
     * @param copies null if the answer did not contain them; the known copies are kept
     */
    public ImageRecord seen(@Nullable String status, @Nullable List<RegionCopy> copies) {
        return new ImageRecord(
                number,
                createUnresolved,
                idOrNull,
                status == null || isAvailable() ? statusOrNull : status,
                copies == null ? regions : copies,
                uploadUrlOrNull,
                allBytesSentAtOrNull);
    }

    /** Records that the final bytes of a PUT are released. From now on the bucket may have the whole file. */
    public ImageRecord allBytesSent(Instant at) {
        return new ImageRecord(number, createUnresolved, idOrNull, statusOrNull, regions, uploadUrlOrNull, at);
    }

    /** Records that the file has arrived, and removes the upload URL. */
    public ImageRecord uploaded() {
        return new ImageRecord(number, createUnresolved, idOrNull, statusOrNull, regions, null, allBytesSentAtOrNull);
    }

    /** Marks an image that cannot be used. This is written before the image is deleted, so that no later run uses it. */
    public ImageRecord corrupted() {
        return new ImageRecord(number, createUnresolved, idOrNull, statusOrNull, regions, null, null);
    }
}
