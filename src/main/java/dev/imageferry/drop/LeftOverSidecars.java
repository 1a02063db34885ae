package dev.imageferry.drop;

import dev.imageferry.job.FileFingerprint;

/** The sidecars whose image was removed. They do not apply to the next image of that name. */
@FunctionalInterface
public interface LeftOverSidecars {
    /**
     * Whether this sidecar was read for an earlier image at this path that was removed.
     *
     * @param path the image, relative to the drop folder
     */
    boolean contains(String path, FileFingerprint sidecar);
}
