package dev.imageferry.simulator;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An image of the simulated account, at one moment.
 *
 * @param id as the API writes it, e.g. {@code private/26427534}
 * @param number the number in it, and the object's key in the bucket
 * @param status {@code pending_upload}, {@code creating} or {@code available}; the last one it had when it is gone
 * @param updated when its record was last changed
 * @param megabytes {@code size} as the API tells it, 0 before it is available
 * @param bytes size of the stored object, 0 while nothing is stored
 * @param sha256OrNull of the stored object, 64 hex digits; null while nothing is stored
 * @param md5OrNull of the stored object, 32 hex digits; null while nothing is stored
 * @param contentBytes uncompressed size of the stored object; 0 when nothing is stored or it is not whole gzip
 * @param contentSha256OrNull of the uncompressed content, 64 hex digits; null when nothing is stored, it is not whole
 *     gzip, or it has more than 64 MiB
 * @param objectsStored how many PUTs to its URL were stored
 * @param regions where copies stand; empty before it is available
 * @param endingOrNull how it ended; null while it exists
 * @param endMessageOrNull the message of the event that told of the end, where there was one
 */
public record SimulatedImage(
        String id,
        long number,
        String label,
        String description,
        String region,
        String status,
        List<String> tags,
        boolean cloudInit,
        Instant created,
        Instant updated,
        long megabytes,
        long bytes,
        @Nullable String sha256OrNull,
        @Nullable String md5OrNull,
        long contentBytes,
        @Nullable String contentSha256OrNull,
        int objectsStored,
        List<RegionCopy> regions,
        @Nullable Ending endingOrNull,
        @Nullable String endMessageOrNull) {

    /** How an image ceased to exist. */
    public enum Ending {
        /** The API was asked to delete it. */
        DELETED,
        /** The bytes could not be made into an image. */
        PROCESSING_FAILED,
        /** No data came while its URL was valid. */
        UPLOAD_WINDOW_EXPIRED,
        /** It went, and no event says why. */
        VANISHED
    }

    /**
     * A copy of the image in one region.
     *
     * @param status with spaces, as the API writes it, e.g. {@code pending replication}
     */
    public record RegionCopy(String region, String status) {}

    public SimulatedImage {
        tags = List.copyOf(tags);
        regions = List.copyOf(regions);
    }

    public boolean isAvailable() {
        return endingOrNull == null && status.equals("available");
    }
}
