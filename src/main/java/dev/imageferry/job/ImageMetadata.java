package dev.imageferry.job;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The label, region and other properties requested for an image, combined from sidecar, folder defaults and settings.
 *
 * @param label 1–50 characters that Linode allows
 * @param description up to 65,000 characters
 * @param regionOrNull where the image is created; null while no region is set
 * @param tags each 3–100 characters
 * @param cloudInit whether the image has cloud-init
 * @param replicateTo regions that get a copy
 * @param priority higher is uploaded first
 * @param sidecarOrNull the sidecar that was read; null if there was none
 */
public record ImageMetadata(
        String label,
        String description,
        @Nullable String regionOrNull,
        List<String> tags,
        boolean cloudInit,
        List<String> replicateTo,
        int priority,
        @Nullable FileFingerprint sidecarOrNull) {
    public ImageMetadata {
        tags = List.copyOf(tags);
        replicateTo = List.copyOf(replicateTo);
    }

    /** Returns a copy with other regions to replicate to. */
    ImageMetadata withReplicateTo(List<String> regions) {
        return new ImageMetadata(label, description, regionOrNull, tags, cloudInit, regions, priority, sidecarOrNull);
    }

    /** Creates metadata that was read without a sidecar. */
    public ImageMetadata(
            String label,
            String description,
            @Nullable String regionOrNull,
            List<String> tags,
            boolean cloudInit,
            List<String> replicateTo,
            int priority) {
        this(label, description, regionOrNull, tags, cloudInit, replicateTo, priority, null);
    }
}
