package dev.imageferry.step;

import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Cause;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.RemoteImage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Images at Linode that their job's row does not know: a create call's answer was lost, or they were made after the backup
 * that the database was restored from. Only the tag shows them. A job that is older than this process may have one of the
 * second kind; a single listing, made when the first such job is about to get its image, answers for all of them.
 */
public final class TaggedImages {
    private final LinodeImages linode;
    private final Instant startedAt;
    private final ReentrantLock listing = new ReentrantLock();
    private @Nullable List<RemoteImage> listed;

    /**
     * Lists nothing yet.
     *
     * @param startedAt jobs made after it are no older than the database's last restore
     */
    public TaggedImages(LinodeImages linode, Instant startedAt) {
        this.linode = linode;
        this.startedAt = startedAt;
    }

    /** An image, and its number among those of its job. */
    public record Numbered(int number, RemoteImage image) {}

    /** What the listing said. */
    public sealed interface Found {
        /**
         * Images to go on with, or to take out of the way.
         *
         * @param images the highest number first; they may have changed since the listing
         */
        record Images(List<Numbered> images) implements Found {
            public Images {
                images = List.copyOf(images);
            }
        }

        record Unknown(Answer.Refused<List<RemoteImage>> why) implements Found {}
    }

    /** Whether the row may be from a backup. */
    public boolean mayBeOlder(Job job) {
        return job.createdAt().isBefore(startedAt);
    }

    /**
     * What carries the job's tag and is not in its row. After a create call whose answer is not known the images are listed
     * anew, and what an earlier call of the job has left is among them; else it is only looked for what is ahead.
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
                    throw new IllegalStateException("a list of images is never told as not found");
                case Answer.Refused<List<RemoteImage>> refused -> new Found.Unknown(refused);
            };
        }
        if (!mayBeOlder(job)) {
            return new Found.Images(List.of());
        }
        listing.lockInterruptibly();
        try {
            if (listed == null) {
                switch (linode.privateImages()) {
                    case Answer.Ok<List<RemoteImage>> images -> listed = images.value();
                    case Answer.NotFound<List<RemoteImage>> none ->
                        throw new IllegalStateException("a list of images is never told as not found");
                    case Answer.Refused<List<RemoteImage>> refused -> {
                        return new Found.Unknown(refused);
                    }
                }
            }
            return found(listed, job, image -> isAhead(image.number(), job.image()));
        } finally {
            listing.unlock();
        }
    }

    /**
     * That no image carries the tag is known only when the tags of all that could be the job's are: one whose tags the listing
     * did not tell is asked for by itself.
     */
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
                        return new Found.Unknown(new Answer.Refused<>(refused.problem(), false, refused.cause()));
                    }
                }
                if (known.tagsOrNull() == null) {
                    return new Found.Unknown(
                            new Answer.Refused<>(ImageRemoval.tagsNotTold(image.id(), job), false, Cause.JOB));
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

    /** A create call without an answer may have made the image of the row's own number. */
    private static boolean isAhead(int number, ImageRecord row) {
        return number > row.number() || (number == row.number() && row.createUnresolved());
    }
}
