package dev.imageferry.drop;

import dev.imageferry.job.FileFingerprint;

/** Knows the sidecars that outlived their image: they are not for the next image of that name. */
@FunctionalInterface
public interface LeftOverSidecars {
    /**
     * Whether this very sidecar was read for an earlier image under this path, and that image was removed.
     *
     * @param path the image, relative to the drop folder
     */
    boolean contains(String path, FileFingerprint sidecar);
}
