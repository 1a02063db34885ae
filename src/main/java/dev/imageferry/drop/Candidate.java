package dev.imageferry.drop;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import org.jspecify.annotations.Nullable;

/**
 * An image file as one scan saw it, with its sidecars, which must settle too.
 *
 * @param yamlOrNull {@code x.img.gz.yaml}; null if there is none
 * @param jsonOrNull {@code x.img.gz.json}; null if there is none
 */
public record Candidate(
        DroppedFile file,
        @Nullable FileFingerprint yamlOrNull,
        @Nullable FileFingerprint jsonOrNull) {
    public Candidate(DroppedFile file) {
        this(file, null, null);
    }
}
