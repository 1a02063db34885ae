package dev.imageferry.drop;

import java.nio.file.Path;
import java.util.Objects;

/**
 * The paths that belong to one name in {@code done/} or {@code failed/}.
 *
 * @param name of the image, relative to the section's folder
 * @param image its absolute path
 */
record ArchiveEntry(String name, Path image) {
    Path folder() {
        return Objects.requireNonNull(image.getParent(), "parent");
    }

    Path sidecar(String suffix) {
        return image.resolveSibling(Names.sidecar(image.getFileName().toString(), suffix));
    }

    Path receipt() {
        return image.resolveSibling(Names.receipt(image.getFileName().toString()));
    }
}
