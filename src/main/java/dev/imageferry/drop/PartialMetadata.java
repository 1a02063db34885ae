package dev.imageferry.drop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The metadata in one sidecar or folder file; null for missing keys. */
record PartialMetadata(
        @Nullable String labelOrNull,
        @Nullable String descriptionOrNull,
        @Nullable String regionOrNull,
        @Nullable List<String> tagsOrNull,
        @Nullable Boolean cloudInitOrNull,
        @Nullable List<String> replicateToOrNull,
        @Nullable Integer priorityOrNull,
        @Nullable String familyOrNull,
        @Nullable Integer keepOrNull,
        @Nullable String sha256OrNull) {
    static final PartialMetadata NOTHING =
            new PartialMetadata(null, null, null, null, null, null, null, null, null, null);

    /**
     * For each key, this value if there is one, otherwise the value of the file that is farther away. A checksum is that of one
     * image, so that it comes from its sidecar only.
     */
    PartialMetadata over(PartialMetadata farther) {
        return new PartialMetadata(
                labelOrNull != null ? labelOrNull : farther.labelOrNull,
                descriptionOrNull != null ? descriptionOrNull : farther.descriptionOrNull,
                regionOrNull != null ? regionOrNull : farther.regionOrNull,
                tagsOrNull != null ? tagsOrNull : farther.tagsOrNull,
                cloudInitOrNull != null ? cloudInitOrNull : farther.cloudInitOrNull,
                replicateToOrNull != null ? replicateToOrNull : farther.replicateToOrNull,
                priorityOrNull != null ? priorityOrNull : farther.priorityOrNull,
                familyOrNull != null ? familyOrNull : farther.familyOrNull,
                keepOrNull != null ? keepOrNull : farther.keepOrNull,
                sha256OrNull);
    }
}
