package dev.imageferry.job;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a job's image at Linode: the durable facts that a step resumes from.
 *
 * @param number counts the images asked for on behalf of the job; committed before each create call, 0 before the first
 * @param createUnresolved true from before a create call until its answer is known: an image with the tag of
 *     {@code number} may exist that nobody knows the id of
 * @param idOrNull e.g. {@code private/123}
 * @param statusOrNull the last that Linode said: {@code pending_upload}, {@code creating}, {@code available}; stays
 *     {@code available} once that was seen
 * @param regions where copies stand
 * @param uploadUrlOrNull where the bytes go; null before the create call and when it is no longer needed
 * @param allBytesSentAtOrNull when the held-back end of a PUT was let go; null while no PUT got so far
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

    /** What could be taken for a tag of ours, by us or after Linode has tidied it. */
    private static final Pattern RESERVED =
            Pattern.compile("\\s*imageferry-[0-9a-f-]{32,36}-[0-9]+\\s*", Pattern.CASE_INSENSITIVE);

    /** What Linode calls an image that can be deployed. */
    public static final String AVAILABLE = "available";

    /** What Linode calls an image whose bytes it unpacks, or one that is copied. */
    public static final String CREATING = "creating";

    /** What Linode calls an image from its creation until it has begun to be unpacked, or even later. */
    public static final String PENDING_UPLOAD = "pending_upload";

    public ImageRecord {
        regions = List.copyOf(regions);
    }

    /**
     * A copy of the image in one region.
     *
     * @param status as Linode says, e.g. {@code pending replication}
     */
    public record RegionCopy(String region, String status) {}

    /** The tag by which an image of this job is known again: at most 50 characters (Linode's limit). */
    public static String tag(UUID jobId, int number) {
        return tagPrefix(jobId) + number;
    }

    /** What the tags of all images of this job begin with. */
    public static String tagPrefix(UUID jobId) {
        return "imageferry-" + jobId.toString().replace("-", "") + "-";
    }

    /**
     * Whether the image, of a job that waits to send its bytes, has to be deleted before anything else: it got other
     * bytes than the file's, or its address is no longer valid.
     */
    public boolean isCorrupted() {
        return idOrNull != null && uploadUrlOrNull == null && allBytesSentAtOrNull == null && !isAvailable();
    }

    /** Whether the image is there and no PUT to it has come to its end yet. */
    public boolean awaitsBytes() {
        return uploadUrlOrNull != null && allBytesSentAtOrNull == null;
    }

    /** What a tag of ours says: the job, and the number of its image, from 1. */
    public record Tagged(UUID jobId, int number) {}

    /** Reads a tag; empty for one that is not ours. */
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

    /** Whether nobody else may give an image this tag, because it would make the image look like one of a job's. */
    public static boolean isReservedTag(String tag) {
        return RESERVED.matcher(tag).matches();
    }

    /** Whether the image has been seen available; it is never deleted from then on, whatever its status while it is copied. */
    public boolean isAvailable() {
        return AVAILABLE.equals(statusOrNull);
    }

    /** The next create call is about to be made. */
    public ImageRecord intendingNext() {
        return new ImageRecord(number + 1, true, null, null, List.of(), null, null);
    }

    /**
     * The create call was answered with an image.
     *
     * @param status null where the answer did not tell it
     * @param copies null where the answer did not tell them
     */
    public ImageRecord created(String id, @Nullable String status, @Nullable List<RegionCopy> copies, UploadUrl url) {
        return new ImageRecord(number, false, id, status, copies == null ? List.of() : copies, url, null);
    }

    /** No image of this job is left at Linode; the next create call takes the next number. */
    public ImageRecord gone() {
        return new ImageRecord(number, false, null, null, List.of(), null, null);
    }

    /** An image of this number has been seen that the record did not know of: the next create call takes a higher one. */
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
     * Linode showed the image.
     *
     * @param status null where the answer did not tell it: what was known stays
     * @param copies null where the answer did not tell them: what was known stays
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

    /** The held-back end of a PUT is let go: from now on the bucket may have the whole file. */
    public ImageRecord allBytesSent(Instant at) {
        return new ImageRecord(number, createUnresolved, idOrNull, statusOrNull, regions, uploadUrlOrNull, at);
    }

    /** The bytes are there: the URL is forgotten. */
    public ImageRecord uploaded() {
        return new ImageRecord(number, createUnresolved, idOrNull, statusOrNull, regions, null, allBytesSentAtOrNull);
    }

    /** The image is of no use and has to go; written before it is deleted, so that nobody goes on with it. */
    public ImageRecord corrupted() {
        return new ImageRecord(number, createUnresolved, idOrNull, statusOrNull, regions, null, null);
    }
}
