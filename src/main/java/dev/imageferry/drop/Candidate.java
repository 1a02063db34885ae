package dev.imageferry.drop;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import org.jspecify.annotations.Nullable;

/**
 * A file that can become an image, as one scan saw it, with the sidecars beside it: a sidecar that is still being written
 * must settle too.
 *
 * @param file the image
 * @param yamlOrNull {@code x.img.gz.yaml}; null where there is none
 * @param jsonOrNull {@code x.img.gz.json}; null where there is none
 */
public record Candidate(
        DroppedFile file,
        @Nullable FileFingerprint yamlOrNull,
        @Nullable FileFingerprint jsonOrNull) {
    public Candidate(DroppedFile file) {
        this(file, null, null);
    }
}
