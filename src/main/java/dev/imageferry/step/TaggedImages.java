package dev.imageferry.step;

import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.Problem;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.RemoteImage;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds images that carry a job's tag but are not in its row, because the answer to a create call was lost or the database went
 * back: it was restored from a backup, or a standby without the last commits was promoted. Jobs that are older than the last
 * outage of the database share one listing.
 */
public final class TaggedImages {
    private final LinodeImages linode;
    private final InstantSource clock;
    private final ReentrantLock listing = new ReentrantLock();
    /** Younger jobs cannot come from an earlier state of the database. */
    private volatile Instant connectedAt;
    /** Guarded by {@link #listing}. */
    private @Nullable Listing listed;

    /** Creates the finder without listing the images. */
    public TaggedImages(LinodeImages linode, InstantSource clock) {
        this.linode = linode;
        this.clock = clock;
        this.connectedAt = clock.instant();
    }

    /** @param connectedAt the value of the field when the images were listed */
    private record Listing(Instant connectedAt, List<RemoteImage> images) {}

    /** Treats all jobs as possibly older than their images. Does not block. */
    public void databaseWasAway() {
        connectedAt = clock.instant();
    }

    /** An image and its image number. */
    public record Numbered(int number, RemoteImage image) {}

    /** The result of a search. */
    public sealed interface Found {
        /**
         * The images found.
         *
         * @param images highest number first. They may have changed since they were listed
         */
        record Images(List<Numbered> images) implements Found {
            public Images {
                images = List.copyOf(images);
            }
        }

        record Unknown(Problem problem) implements Found {}
    }

    /** Whether the job's row may be older than its images, because the database went back. */
    public boolean mayBeOlder(Job job) {
        return job.createdAt().isBefore(connectedAt);
    }

    /**
     * Finds the images of the job that are not in its row. After a lost answer to a create call, the images are listed again and
     * left-overs of earlier calls are included. Otherwise only images with a later number are returned.
     */
    public Found of(Job job) throws InterruptedException {
        if (job.image().createUnresolved()) {
            return switch (linode.privateImages()) {
                case Answer.Ok<List<RemoteImage>> images ->
                    found(
                            images.value(),
                            job,
                            image -> isAhead(image.number(), job.image())
                                    || !image.image().isAvailable());
                case Answer.NotFound<List<RemoteImage>> none ->
                    throw new IllegalStateException("Linode answered 404 to a list of images");
                case Answer.Refused<List<RemoteImage>> refused -> new Found.Unknown(refused.problem());
            };
        }
        if (!mayBeOlder(job)) {
            return new Found.Images(List.of());
        }
        listing.lockInterruptibly();
        try {
            Instant wanted = connectedAt;
            if (listed == null || !listed.connectedAt().equals(wanted)) {
                switch (linode.privateImages()) {
                    case Answer.Ok<List<RemoteImage>> images -> listed = new Listing(wanted, images.value());
                    case Answer.NotFound<List<RemoteImage>> none ->
                        throw new IllegalStateException("Linode answered 404 to a list of images");
                    case Answer.Refused<List<RemoteImage>> refused -> {
                        return new Found.Unknown(refused.problem());
                    }
                }
            }
            return found(listed.images(), job, image -> isAhead(image.number(), job.image()));
        } finally {
            listing.unlock();
        }
    }

    /** Selects the images of the job. Fetches each image whose tags the listing lacks, unless its label differs. */
    private Found found(List<RemoteImage> images, Job job, Predicate<Numbered> which) throws InterruptedException {
        List<Numbered> found = new ArrayList<>();
        for (RemoteImage image : images) {
            if (image.id().equals(job.image().idOrNull())) {
                continue;
            }
            RemoteImage known = image;
            if (image.tagsOrNull() == null && hasLabelOf(job, image)) {
                switch (linode.get(image.id())) {
                    case Answer.Ok<RemoteImage> ok -> known = ok.value();
                    case Answer.NotFound<RemoteImage> gone -> {
                        continue;
                    }
                    case Answer.Refused<RemoteImage> refused -> {
                        return new Found.Unknown(refused.problem());
                    }
                }
                if (known.tagsOrNull() == null) {
                    return new Found.Unknown(ImageRemoval.tagsUnknown(image.id(), job));
                }
            }
            List<ImageRecord.Tagged> tags = known.ourTags();
            if (tags.size() == 1 && tags.getFirst().jobId().equals(job.id())) {
                found.add(new Numbered(tags.getFirst().number(), known));
            }
        }
        return new Found.Images(found.stream()
                .filter(which)
                .sorted(Comparator.comparingInt(Numbered::number).reversed())
                .toList());
    }

    private static boolean hasLabelOf(Job job, RemoteImage image) {
        return image.labelOrNull() == null
                || image.labelOrNull().equals(job.metadata().label());
    }

    /** Whether the row does not know this number yet. After a lost answer, this includes the row's own number. */
    private static boolean isAhead(int number, ImageRecord row) {
        return number > row.number() || (number == row.number() && row.createUnresolved());
    }
}
