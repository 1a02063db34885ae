package dev.imageferry.job;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the image is to be called and where it is to stand, after sidecar, folder defaults and settings were laid over
 * each other.
 *
 * @param label 1–50 characters of Linode's set
 * @param description up to 65,000 characters
 * @param regionOrNull where the image is created; null as long as nobody named one
 * @param tags each 3–100 characters
 * @param cloudInit whether the image has cloud-init
 * @param replicateTo further regions
 * @param priority higher is uploaded first
 * @param sidecarOrNull which sidecar was read; null where there was none
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

    /** The same with copies elsewhere. */
    ImageMetadata withReplicateTo(List<String> regions) {
        return new ImageMetadata(label, description, regionOrNull, tags, cloudInit, regions, priority, sidecarOrNull);
    }

    /** Without a sidecar. */
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
