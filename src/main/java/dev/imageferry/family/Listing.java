package dev.imageferry.family;

import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.linode.RemoteImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A complete list of the private images at Linode, compared with the job table, which was read after it. */
record Listing(Map<String, RemoteImage> images) {
    Listing {
        images = Map.copyOf(images);
    }

    static Listing of(List<RemoteImage> listed) {
        Map<String, RemoteImage> byId = new HashMap<>();
        listed.forEach(image -> byId.put(image.id(), image));
        return new Listing(byId);
    }

    boolean has(String id) {
        return images.containsKey(id);
    }

    /** The ids of the images that can be deployed. */
    Set<String> available() {
        return images.values().stream()
                .filter(RemoteImage::isAvailable)
                .map(RemoteImage::id)
                .collect(Collectors.toSet());
    }

    /** The ids of the images with the tag of the family. */
    Set<String> ofFamily(String family) {
        return images.values().stream()
                .filter(image -> isOfFamily(image, family))
                .map(RemoteImage::id)
                .collect(Collectors.toSet());
    }

    /** The jobs that the tags of the images name. */
    Set<UUID> jobs() {
        return images.values().stream()
                .flatMap(image -> image.ourTags().stream())
                .map(ImageRecord.Tagged::jobId)
                .collect(Collectors.toSet());
    }

    static boolean isOfFamily(RemoteImage image, String family) {
        return image.tagsOrNull() != null && image.tagsOrNull().contains(ImageMetadata.FAMILY_TAG_PREFIX + family);
    }

    /**
     * Returns why the list and the table do not fit together; empty if they do. If the database went back, Linode has images that
     * the table does not know yet.
     *
     * @param known the jobs of {@link #jobs} that are in the table
     * @param held the images of {@link #ofFamily} that a job of the family holds
     */
    Optional<String> contradiction(String family, List<Job> known, Set<String> held) {
        Map<UUID, Job> rows = known.stream().collect(Collectors.toMap(Job::id, job -> job));
        return images.values().stream()
                .flatMap(image -> contradiction(image, family, rows, held).stream())
                .sorted()
                .findFirst();
    }

    private static Optional<String> contradiction(
            RemoteImage image, String family, Map<UUID, Job> rows, Set<String> held) {
        if (image.tagsOrNull() == null) {
            return Optional.of("Linode did not return the tags of image " + image.id());
        }
        for (ImageRecord.Tagged tag : image.ourTags()) {
            Job job = rows.get(tag.jobId());
            if (job != null && tag.number() > job.image().number()) {
                return Optional.of("image %s is number %d of job %s, but the database knows only %d, as after a restore"
                        .formatted(
                                image.id(), tag.number(), job.id(), job.image().number()));
            }
        }
        boolean isKnown = held.contains(image.id())
                || (!image.ourTags().isEmpty()
                        && image.ourTags().stream().allMatch(tag -> isKnown(image, tag, rows.get(tag.jobId()))));
        return isKnown || !isOfFamily(image, family)
                ? Optional.empty()
                : Optional.of(
                        "no job in the database has image %s, which has the tag %s%s. If it is not an image of this queue, remove the tag"
                                .formatted(image.id(), ImageMetadata.FAMILY_TAG_PREFIX, family));
    }

    /** Whether the row has the image as its own, or expects one with a number that it has abandoned. */
    private static boolean isKnown(RemoteImage image, ImageRecord.Tagged tag, @Nullable Job job) {
        return job != null
                && (image.id().equals(job.image().idOrNull())
                        || tag.number() < job.image().number()
                        || job.image().idOrNull() == null);
    }
}
