package dev.imageferry.drop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The paths of a dropped image and its sidecars, and the hidden names beside them to which archiving renames them first.
 *
 * @param reachable false if the folder of the image is missing or is not a folder; nothing is held then
 */
record HeldFiles(UUID jobId, Path source, boolean reachable) {
    Path image() {
        return source.resolveSibling(Names.HELD_PREFIX + jobId);
    }

    Path sidecar(String suffix) {
        return source.resolveSibling(Names.HELD_PREFIX + jobId + suffix);
    }

    Path sourceSidecar(String suffix) {
        return source.resolveSibling(Names.sidecar(source.getFileName().toString(), suffix));
    }

    boolean hasImage() throws IOException {
        return reachable && CarefulMove.exists(image());
    }

    boolean hasSidecar(String suffix) throws IOException {
        return reachable && CarefulMove.exists(sidecar(suffix));
    }
}
