package dev.imageferry.drop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one sidecar or folder file says; null for a key it does not have. */
record PartialMetadata(
        @Nullable String labelOrNull,
        @Nullable String descriptionOrNull,
        @Nullable String regionOrNull,
        @Nullable List<String> tagsOrNull,
        @Nullable Boolean cloudInitOrNull,
        @Nullable List<String> replicateToOrNull,
        @Nullable Integer priorityOrNull) {
    static final PartialMetadata NOTHING = new PartialMetadata(null, null, null, null, null, null, null);

    /** Key by key, what this says, else what the one farther away says. */
    PartialMetadata over(PartialMetadata farther) {
        return new PartialMetadata(
                labelOrNull != null ? labelOrNull : farther.labelOrNull,
                descriptionOrNull != null ? descriptionOrNull : farther.descriptionOrNull,
                regionOrNull != null ? regionOrNull : farther.regionOrNull,
                tagsOrNull != null ? tagsOrNull : farther.tagsOrNull,
                cloudInitOrNull != null ? cloudInitOrNull : farther.cloudInitOrNull,
                replicateToOrNull != null ? replicateToOrNull : farther.replicateToOrNull,
                priorityOrNull != null ? priorityOrNull : farther.priorityOrNull);
    }
}
