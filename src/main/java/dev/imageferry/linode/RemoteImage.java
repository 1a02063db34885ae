package dev.imageferry.linode;

import dev.imageferry.job.ImageRecord;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An image as the API shows it. Read leniently: a field that is missing is empty here, for fields come and go.
 *
 * @param id e.g. {@code private/123}
 * @param status {@code pending_upload}, {@code creating}, {@code available}; empty when the answer had none
 * @param regions where copies stand
 * @param createdOrNull when the image was made
 */
public record RemoteImage(
        String id,
        String label,
        String status,
        List<ImageRecord.RegionCopy> regions,
        List<String> tags,
        @Nullable Instant createdOrNull,
        boolean isPublic) {
    public RemoteImage {
        regions = List.copyOf(regions);
        tags = List.copyOf(tags);
    }

    /** Whether it can be deployed. */
    public boolean isAvailable() {
        return ImageRecord.AVAILABLE.equals(status);
    }
}
