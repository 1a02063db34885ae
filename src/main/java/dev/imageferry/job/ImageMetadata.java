package dev.imageferry.job;

import java.util.List;
import java.util.stream.Stream;
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
 * @param familyOrNull the family of the image; null if it has none
 * @param keepOrNull how many images of the family are kept; null if all are
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
        @Nullable String familyOrNull,
        @Nullable Integer keepOrNull,
        @Nullable FileFingerprint sidecarOrNull) {
    /** Begins the tag that carries the family of an image at Linode. */
    public static final String FAMILY_TAG_PREFIX = "family-";

    public ImageMetadata {
        tags = List.copyOf(tags);
        replicateTo = List.copyOf(replicateTo);
    }

    /** The tags at Linode without that of the job: those requested, and that of the family. */
    public List<String> allTags() {
        String familyTag = FAMILY_TAG_PREFIX + familyOrNull;
        return familyOrNull == null || tags.contains(familyTag)
                ? tags
                : Stream.concat(tags.stream(), Stream.of(familyTag)).toList();
    }

    /** Returns a copy with other regions to replicate to. */
    ImageMetadata withReplicateTo(List<String> regions) {
        return new ImageMetadata(
                label,
                description,
                regionOrNull,
                tags,
                cloudInit,
                regions,
                priority,
                familyOrNull,
                keepOrNull,
                sidecarOrNull);
    }

    /** Creates metadata that was read without a sidecar, for an image without a family. */
    public ImageMetadata(
            String label,
            String description,
            @Nullable String regionOrNull,
            List<String> tags,
            boolean cloudInit,
            List<String> replicateTo,
            int priority) {
        this(label, description, regionOrNull, tags, cloudInit, replicateTo, priority, null, null, null);
    }
}
