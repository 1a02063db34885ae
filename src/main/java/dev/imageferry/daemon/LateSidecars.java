package dev.imageferry.daemon;

import dev.imageferry.drop.Candidate;
import dev.imageferry.drop.Ignored;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.image.ImageLabels;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
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
 * Finds sidecars that came, or were changed, when their image's metadata was fixed already, and those that an earlier image
 * left behind. What they say is compared, not their times: {@code rsync -a} keeps old ones. For one thread at a time.
 */
final class LateSidecars {
    private final MetadataReader metadata;
    private final JobQueue queue;
    private final UUID folderId;
    private Map<String, Judged> judgedByPath = new HashMap<>();

    /**
     * A sidecar is read again only when it changes.
     *
     * @param lateOrNull null when it says what the image got
     */
    private record Judged(Candidate candidate, @Nullable Ignored lateOrNull) {}

    LateSidecars(MetadataReader metadata, JobQueue queue, UUID folderId) {
        this.metadata = metadata;
        this.queue = queue;
        this.folderId = folderId;
    }

    /**
     * What of this walk's sidecars came too late, with the reason.
     *
     * @param candidates all of the walk
     * @param settled which of them are not being written
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
            } else if (sidecarOrNull(candidate) != null && settledPaths.contains(path)) {
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

    /** Empty when it could not be read this time. */
    private Optional<Judged> judge(Candidate candidate, Job job) {
        return switch (metadata.read(job.file(), ImageLabels::labelOf)) {
            case MetadataReader.Result.Read read -> {
                if (read.metadata().sidecarOrNull() == null) {
                    yield Optional.of(new Judged(candidate, leftOver(candidate)));
                }
                List<String> keys = differing(read.metadata(), job.metadata());
                yield Optional.of(new Judged(
                        candidate,
                        keys.isEmpty() ? null : late(candidate, String.join(", ", keys) + " stay as they are")));
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
                        + " that was removed, not applied to this one: delete it, or touch it to have it applied to the next");
    }

    private static Ignored late(Candidate candidate, String what) {
        String path = candidate.file().path();
        return ignored(
                candidate,
                "sidecar came after the image of " + path + " was created and is not applied to it (" + what
                        + "): change the image at Linode, or cancel the job and drop both again");
    }

    private static Ignored ignored(Candidate candidate, String reason) {
        String path = candidate.file().path();
        return new Ignored(
                path + (candidate.yamlOrNull() != null ? ".yaml" : ".json"),
                Objects.requireNonNull(sidecarOrNull(candidate), path).bytes(),
                reason);
    }

    private static @Nullable FileFingerprint sidecarOrNull(Candidate candidate) {
        return candidate.yamlOrNull() != null ? candidate.yamlOrNull() : candidate.jsonOrNull();
    }

    /** The priority is not among them: it may have been changed since, and the image does not carry it. */
    private static List<String> differing(ImageMetadata said, ImageMetadata fixed) {
        List<String> keys = new ArrayList<>();
        addUnlessEqual(keys, "label", said.label(), fixed.label());
        addUnlessEqual(keys, "description", said.description(), fixed.description());
        addUnlessEqual(keys, "region", said.regionOrNull(), fixed.regionOrNull());
        addUnlessEqual(keys, "tags", said.tags(), fixed.tags());
        addUnlessEqual(keys, "cloudInit", said.cloudInit(), fixed.cloudInit());
        addUnlessEqual(keys, "replicateTo", said.replicateTo(), fixed.replicateTo());
        return keys;
    }

    private static void addUnlessEqual(List<String> keys, String key, @Nullable Object said, @Nullable Object fixed) {
        if (!Objects.equals(said, fixed)) {
            keys.add(key);
        }
    }
}
