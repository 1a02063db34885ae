package dev.imageferry.drop;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import java.util.Map;
import java.util.Optional;

/**
 * An image file as one scan saw it, with the files that say something about it, which must settle too.
 *
 * @param companions its sidecars and the {@code SHA256SUMS} in its folder, by name
 */
public record Candidate(DroppedFile file, Map<String, FileFingerprint> companions) {
    public Candidate {
        companions = Map.copyOf(companions);
    }

    public Candidate(DroppedFile file) {
        this(file, Map.of());
    }

    /** The name of the metadata sidecar, such as {@code x.img.gz.yaml}. Empty if there is none. */
    public Optional<String> sidecar() {
        String image = Names.lastPart(file.path());
        return Names.METADATA_SUFFIXES.stream()
                .map(suffix -> image + suffix)
                .filter(companions::containsKey)
                .findFirst();
    }
}
