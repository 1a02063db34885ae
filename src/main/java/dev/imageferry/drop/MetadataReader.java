package dev.imageferry.drop;

import dev.imageferry.drop.CompanionFile.UnusableException;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.Problem;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the metadata of an image. For each key, the nearest value applies: the sidecar {@code x.img.gz.yaml} or
 * {@code .json}, then {@code .imageferry.yaml} in the folder of the file and in its parents up to the drop folder, then the
 * settings.
 */
public final class MetadataReader {
    private static final String FOLDER_FILE = ".imageferry.yaml";
    private static final String FILE_PLACEHOLDER = "{file}";

    private final DropFolder folder;
    private final MetadataDefaults defaults;
    private final ImageLabels labels;
    private final LeftOverSidecars leftOvers;

    public MetadataReader(
            DropFolder folder, MetadataDefaults defaults, ImageLabels labels, LeftOverSidecars leftOvers) {
        this.folder = folder;
        this.defaults = defaults;
        this.labels = labels;
        this.leftOvers = leftOvers;
    }

    /** The result of reading metadata. */
    public sealed interface Result {
        /**
         * The complete metadata.
         *
         * @param sha256OrNull the expected SHA-256 of the file, from its sidecar; null if it names none
         * @param regionPlace where the region is set, such as {@code x.img.gz.yaml line 3 key region}
         * @param replicateToPlace where the regions of the copies are set
         */
        record Read(ImageMetadata metadata, @Nullable String sha256OrNull, String regionPlace, String replicateToPlace)
                implements Result {}

        /**
         * The metadata cannot be used.
         *
         * @param problem {@code bad-metadata} if the user must fix it; {@code unreadable} or {@code folder-unavailable} if a
         *     file could not be read; {@code instance-lost} if the thread was interrupted, whose status stays set
         */
        record Bad(Problem problem) implements Result {}
    }

    /**
     * Reads all metadata files of an image.
     *
     * @param path the image, relative to the drop folder
     */
    public Result read(String path) {
        return read(path, true, new HashMap<>());
    }

    /** The metadata of an image whose own metadata cannot be used: that of the settings. */
    public ImageMetadata ofSettings(String path) {
        return defaults.of(path, labels);
    }

    /** Reads the metadata of images that one scan found. */
    public OfScan of(Collection<Candidate> candidates) {
        return new OfScan(candidates);
    }

    /** Reads only the sidecars that the scan found, and the file of each folder once. Not thread-safe. */
    public final class OfScan {
        private final Set<String> withSidecar = new HashSet<>();
        private final Map<String, PartialMetadata> folderFiles = new HashMap<>();

        private OfScan(Collection<Candidate> candidates) {
            candidates.stream()
                    .filter(candidate -> candidate.sidecar().isPresent())
                    .forEach(candidate -> withSidecar.add(candidate.file().path()));
        }

        /** Reads the metadata of one image, see {@link MetadataReader#read}. */
        public Result read(String path) {
            return MetadataReader.this.read(path, withSidecar.contains(path), folderFiles);
        }
    }

    private Result read(String path, boolean hasSidecar, Map<String, PartialMetadata> folderFiles) {
        try {
            Sidecar sidecar = hasSidecar ? sidecar(path) : Sidecar.NONE;
            PartialMetadata found = sidecar.metadata();
            for (String parent = parent(path); ; parent = parent(parent)) {
                String folderFile = parent.isEmpty() ? FOLDER_FILE : parent + "/" + FOLDER_FILE;
                PartialMetadata ofFolder = folderFiles.get(folderFile);
                if (ofFolder == null) {
                    ofFolder = parse(folderFile, false).orElse(PartialMetadata.NOTHING);
                    folderFiles.put(folderFile, ofFolder);
                }
                found = found.over(ofFolder);
                if (parent.isEmpty()) {
                    break;
                }
            }
            // if the folder was unmounted, metadata files were missed and defaults applied wrongly
            if (!folder.isPresent()) {
                return new Result.Bad(folder.unavailable());
            }
            return new Result.Read(
                    complete(path, found, sidecar.fingerprintOrNull()),
                    found.sha256OrNull(),
                    found.places().getOrDefault("region", "the setting imageferry.image.region"),
                    found.places().getOrDefault("replicateTo", "the setting imageferry.image.replicate-to"));
        } catch (UnusableException e) {
            return new Result.Bad(folder.isPresent() ? e.problem() : folder.unavailable());
        }
    }

    private ImageMetadata complete(String path, PartialMetadata found, @Nullable FileFingerprint sidecarOrNull)
            throws UnusableException {
        String region = found.regionOrNull() != null ? found.regionOrNull() : defaults.regionOrNull();
        if (region == null) {
            throw new UnusableException(
                    ErrorCode.BAD_METADATA,
                    path + " has no region: set the key region in " + path + ".yaml or in a " + FOLDER_FILE
                            + ", or the setting imageferry.image.region");
        }
        String template = found.descriptionOrNull() != null ? found.descriptionOrNull() : defaults.description();
        String description = template.replace(FILE_PLACEHOLDER, path);
        String error = MetadataRules.description(description);
        if (error != null) {
            throw new UnusableException(
                    ErrorCode.BAD_METADATA,
                    "the description of " + path + ", after replacing " + FILE_PLACEHOLDER + ", " + error);
        }
        return new ImageMetadata(
                found.labelOrNull() != null ? found.labelOrNull() : labels.labelOf(path),
                description,
                region,
                found.tagsOrNull() != null ? found.tagsOrNull() : defaults.tags(),
                found.cloudInitOrNull() != null ? found.cloudInitOrNull() : defaults.cloudInit(),
                found.replicateToOrNull() != null ? found.replicateToOrNull() : defaults.replicateTo(),
                found.priorityOrNull() != null ? found.priorityOrNull() : 0,
                found.familyOrNull() != null ? found.familyOrNull() : defaults.familyOrNull(),
                found.keepOrNull() != null ? found.keepOrNull() : defaults.keepOrNull(),
                sidecarOrNull);
    }

    private record Sidecar(
            PartialMetadata metadata, @Nullable FileFingerprint fingerprintOrNull) {
        static final Sidecar NONE = new Sidecar(PartialMetadata.NOTHING, null);
    }

    private Sidecar sidecar(String path) throws UnusableException {
        List<String> present = new ArrayList<>();
        Sidecar found = Sidecar.NONE;
        for (String suffix : Names.METADATA_SUFFIXES) {
            Optional<FileFingerprint> fingerprint = fingerprint(path + suffix);
            if (fingerprint.isPresent() && leftOvers.contains(path, fingerprint.get())) {
                continue;
            }
            Optional<PartialMetadata> parsed = parse(path + suffix, true);
            if (parsed.isPresent()) {
                present.add(path + suffix);
                found = new Sidecar(parsed.get(), fingerprint.orElse(null));
            }
        }
        if (present.size() > 1) {
            throw new UnusableException(
                    ErrorCode.BAD_METADATA,
                    path + " has two sidecars, " + String.join(" and ", present) + ": keep one");
        }
        return found;
    }

    /** Empty also if the file is not accessible; reading it reports the reason. */
    private Optional<FileFingerprint> fingerprint(String file) {
        return switch (folder.look(file)) {
            case Sighting.Present present -> Optional.of(present.fingerprint());
            case Sighting.Absent absent -> Optional.empty();
            case Sighting.Unknown unknown -> Optional.empty();
        };
    }

    /** Empty if there is no such file. */
    private Optional<PartialMetadata> parse(String file, boolean ofImage) throws UnusableException {
        Optional<byte[]> bytes = CompanionFile.read(folder, file);
        if (bytes.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(MetadataParser.parse(decode(file, bytes.get()), file.endsWith(".json"), ofImage)
                    .in(file));
        } catch (MetadataParser.BadMetadataException e) {
            throw new UnusableException(ErrorCode.BAD_METADATA, file + " " + e.reason());
        }
    }

    private static String decode(String file, byte[] bytes) throws UnusableException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new UnusableException(ErrorCode.BAD_METADATA, file + " is not UTF-8: save it in UTF-8");
        }
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }
}
