package dev.imageferry.drop;

import dev.imageferry.job.ImageMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The settings {@code imageferry.image.*}, which apply where no metadata file sets a value. Values that Linode would refuse
 * are refused here, so that the start fails with an error that names them.
 *
 * @param regionOrNull {@code imageferry.image.region}
 * @param tags {@code imageferry.image.tags}
 * @param description {@code imageferry.image.description}; {@code {file}} stands for the relative path
 * @param cloudInit {@code imageferry.image.cloud-init}
 * @param replicateTo {@code imageferry.image.replicate-to}
 * @param familyOrNull {@code imageferry.image.family}
 * @param keepOrNull {@code imageferry.image.keep}
 */
public record MetadataDefaults(
        @Nullable String regionOrNull,
        List<String> tags,
        String description,
        boolean cloudInit,
        List<String> replicateTo,
        @Nullable String familyOrNull,
        @Nullable Integer keepOrNull) {
    /**
     * Checks every value.
     *
     * @throws IllegalArgumentException naming the setting, the value, the limit and what to do
     */
    public MetadataDefaults {
        tags = List.copyOf(tags);
        replicateTo = List.copyOf(replicateTo);
        if (regionOrNull != null) {
            require("imageferry.image.region", MetadataRules.region(regionOrNull));
        }
        require("imageferry.image.tags", MetadataRules.tags(tags));
        require("imageferry.image.description", MetadataRules.description(description));
        require("imageferry.image.replicate-to", MetadataRules.regions(replicateTo));
        if (familyOrNull != null) {
            require("imageferry.image.family", MetadataRules.family(familyOrNull));
        }
        if (keepOrNull != null) {
            require("imageferry.image.keep", MetadataRules.keep(keepOrNull));
        }
    }

    /**
     * The metadata of an image whose own metadata cannot be read.
     *
     * @param path the image, relative to the drop folder
     */
    public ImageMetadata of(String path, ImageLabels labels) {
        return new ImageMetadata(
                labels.labelOf(path),
                path,
                regionOrNull,
                tags,
                cloudInit,
                replicateTo,
                0,
                familyOrNull,
                keepOrNull,
                null);
    }

    private static void require(String setting, @Nullable String error) {
        if (error != null) {
            throw new IllegalArgumentException(setting + " " + error);
        }
    }
}
