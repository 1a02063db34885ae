package dev.imageferry.drop;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The metadata in one sidecar or folder file; null for missing keys.
 *
 * @param places where each key is, such as {@code line 3 key region}
 */
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
        @Nullable String sha256OrNull,
        Map<String, String> places) {
    static final PartialMetadata NOTHING =
            new PartialMetadata(null, null, null, null, null, null, null, null, null, null, Map.of());

    PartialMetadata {
        places = Map.copyOf(places);
    }

    /** Adds the name of the file to the places. */
    PartialMetadata in(String file) {
        return new PartialMetadata(
                labelOrNull,
                descriptionOrNull,
                regionOrNull,
                tagsOrNull,
                cloudInitOrNull,
                replicateToOrNull,
                priorityOrNull,
                familyOrNull,
                keepOrNull,
                sha256OrNull,
                places.entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, place -> file + " " + place.getValue())));
    }

    /**
     * For each key, this value if there is one, otherwise the value of the file that is farther away. A checksum is that of one
     * image, so that it comes from its sidecar only.
     */
    PartialMetadata over(PartialMetadata farther) {
        Map<String, String> nearest = new HashMap<>(farther.places);
        nearest.putAll(places);
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
                sha256OrNull,
                nearest);
    }
}
