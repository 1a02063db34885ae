package dev.imageferry.daemon;

import dev.imageferry.drop.Candidate;
import dev.imageferry.drop.Ignored;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.Job;
import dev.imageferry.queue.JobQueue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds sidecars that arrived or changed after the image was created, and those that belong to an earlier file of the same name.
 * Compares contents and not times, because {@code rsync -a} preserves times. Not thread-safe.
 */
final class LateSidecars {
    private final MetadataReader metadata;
    private final JobQueue queue;
    private final UUID folderId;
    private Map<String, Judged> judgedByPath = new HashMap<>();

    /**
     * The verdict on a sidecar, kept until the sidecar changes.
     *
     * @param lateOrNull null if the image was created with the sidecar's metadata
     */
    private record Judged(Candidate candidate, @Nullable Ignored lateOrNull) {}

    LateSidecars(MetadataReader metadata, JobQueue queue, UUID folderId) {
        this.metadata = metadata;
        this.queue = queue;
        this.folderId = folderId;
    }

    /**
     * The sidecars of a scan that are not applied, each with the reason.
     *
     * @param candidates all candidates of the scan
     * @param settled the candidates that have settled
     */
    List<Ignored> among(List<Candidate> candidates, List<DroppedFile> settled) {
        Set<String> settledPaths =
                settled.stream().map(DroppedFile::path).collect(Collectors.toCollection(HashSet::new));
        Map<String, Judged> judged = new HashMap<>();
        List<Candidate> open = new ArrayList<>();
        for (Candidate candidate : candidates) {
            String path = candidate.file().path();
            Judged before = judgedByPath.get(path);
            if (before != null && before.candidate().equals(candidate)) {
                judged.put(path, before);
            } else if (candidate.sidecar().isPresent() && settledPaths.contains(path)) {
                open.add(candidate);
            }
        }
        if (!open.isEmpty()) {
            Map<String, Job> jobs = queue.withFixedMetadata(folderId).stream()
                    .collect(Collectors.toMap(Job::file, Function.identity(), (one, other) -> other));
            for (Candidate candidate : open) {
                String path = candidate.file().path();
                Job job = jobs.get(path);
                if (job != null
                        && job.fingerprint()
                                .equalsButForChangeTime(candidate.file().fingerprint())) {
                    judge(candidate, job).ifPresent(verdict -> judged.put(path, verdict));
                }
            }
        }
        judgedByPath = judged;
        return judged.values().stream()
                .map(Judged::lateOrNull)
                .filter(Objects::nonNull)
                .toList();
    }

    /** Empty if the sidecar could not be read. */
    private Optional<Judged> judge(Candidate candidate, Job job) {
        return switch (metadata.read(job.file())) {
            case MetadataReader.Result.Read read -> {
                if (read.metadata().sidecarOrNull() == null) {
                    yield Optional.of(new Judged(candidate, leftOver(candidate)));
                }
                List<String> keys = differing(read.metadata(), job.metadata());
                yield Optional.of(new Judged(
                        candidate, keys.isEmpty() ? null : late(candidate, "unchanged: " + String.join(", ", keys))));
            }
            case MetadataReader.Result.Bad bad ->
                bad.problem().code() == ErrorCode.BAD_METADATA
                        ? Optional.of(new Judged(
                                candidate, late(candidate, bad.problem().message())))
                        : Optional.empty();
        };
    }

    private static Ignored leftOver(Candidate candidate) {
        return ignored(
                candidate,
                "sidecar of an earlier " + candidate.file().path()
                        + " that was removed. It is not applied to this file. Delete it, or touch it to apply it to the"
                        + " next file");
    }

    private static Ignored late(Candidate candidate, String what) {
        String path = candidate.file().path();
        return ignored(
                candidate,
                "sidecar arrived after the image of " + path + " was created and is not applied (" + what
                        + "). Change the image at Linode, or cancel the job and drop both files again");
    }

    private static Ignored ignored(Candidate candidate, String reason) {
        String path = candidate.file().path();
        String sidecar = candidate.sidecar().orElseThrow();
        return new Ignored(
                path.substring(0, path.lastIndexOf('/') + 1) + sidecar,
                Objects.requireNonNull(candidate.companions().get(sidecar), sidecar)
                        .bytes(),
                reason);
    }

    /** Ignores the priority, because it is not part of the image and may have been changed since. */
    private static List<String> differing(ImageMetadata sidecar, ImageMetadata image) {
        List<String> keys = new ArrayList<>();
        addUnlessEqual(keys, "label", sidecar.label(), image.label());
        addUnlessEqual(keys, "description", sidecar.description(), image.description());
        addUnlessEqual(keys, "region", sidecar.regionOrNull(), image.regionOrNull());
        addUnlessEqual(keys, "tags", sidecar.tags(), image.tags());
        addUnlessEqual(keys, "cloudInit", sidecar.cloudInit(), image.cloudInit());
        addUnlessEqual(keys, "replicateTo", sidecar.replicateTo(), image.replicateTo());
        addUnlessEqual(keys, "family", sidecar.familyOrNull(), image.familyOrNull());
        addUnlessEqual(keys, "keep", sidecar.keepOrNull(), image.keepOrNull());
        return keys;
    }

    private static void addUnlessEqual(
            List<String> keys, String key, @Nullable Object inSidecar, @Nullable Object inImage) {
        if (!Objects.equals(inSidecar, inImage)) {
            keys.add(key);
        }
    }
}
