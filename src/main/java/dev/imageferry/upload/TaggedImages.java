package dev.imageferry.upload;

import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.RemoteImage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Images at Linode that their job's row does not know: a create call's answer was lost, or they were made after the backup
 * that the database was restored from. Only the tag tells of them. A job that is older than this process may have one of the
 * second kind; a single listing, made when the first such job is about to get its image, answers for all of them.
 */
final class TaggedImages {
    private final LinodeImages linode;
    private final Instant startedAt;
    private final ReentrantLock listing = new ReentrantLock();
    private @Nullable Map<UUID, List<Numbered>> byJob;

    /**
     * Lists nothing yet.
     *
     * @param startedAt jobs made after it are no older than the database's last restore
     */
    TaggedImages(LinodeImages linode, Instant startedAt) {
        this.linode = linode;
        this.startedAt = startedAt;
    }

    /** An image, and the how-many-th of its job. */
    record Numbered(int number, RemoteImage image) {}

    /** What the listing said. */
    sealed interface Found {
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
    boolean mayBeOlder(Job job) {
        return job.createdAt().isBefore(startedAt);
    }

    /**
     * What carries the job's tag and is not in its row. After a create call whose answer is not known the images are listed
     * anew, and what an earlier call of the job has left is among them; else it is only looked for what is ahead.
     */
    Found of(Job job) throws InterruptedException {
        if (job.image().createUnresolved()) {
            return switch (linode.privateImages()) {
                case Answer.Ok<List<RemoteImage>> images ->
                    found(
                            byJob(images.value()),
                            job,
                            image -> isAhead(image.number(), job.image())
                                    || !image.image().isAvailable());
                case Answer.NotFound<List<RemoteImage>> none -> new Found.Images(List.of());
                case Answer.Refused<List<RemoteImage>> refused -> new Found.Unknown(refused);
            };
        }
        if (!mayBeOlder(job)) {
            return new Found.Images(List.of());
        }
        listing.lockInterruptibly();
        try {
            if (byJob == null) {
                switch (linode.privateImages()) {
                    case Answer.Ok<List<RemoteImage>> images -> byJob = byJob(images.value());
                    case Answer.NotFound<List<RemoteImage>> none -> byJob = Map.of();
                    case Answer.Refused<List<RemoteImage>> refused -> {
                        return new Found.Unknown(refused);
                    }
                }
            }
            return found(byJob, job, image -> isAhead(image.number(), job.image()));
        } finally {
            listing.unlock();
        }
    }

    private static Found found(Map<UUID, List<Numbered>> byJob, Job job, Predicate<Numbered> which) {
        return new Found.Images(byJob.getOrDefault(job.id(), List.of()).stream()
                .filter(image -> !image.image().id().equals(job.image().idOrNull()))
                .filter(which)
                .sorted(Comparator.comparingInt(Numbered::number).reversed())
                .toList());
    }

    /** A create call without an answer may have made the image of the row's own number. */
    private static boolean isAhead(int number, ImageRecord row) {
        return number > row.number() || (number == row.number() && row.createUnresolved());
    }

    private static Map<UUID, List<Numbered>> byJob(List<RemoteImage> images) {
        Map<UUID, List<Numbered>> byJob = new HashMap<>();
        for (RemoteImage image : images) {
            image.tags().stream()
                    .flatMap(tag -> ImageRecord.ofTag(tag).stream())
                    .forEach(tagged -> byJob.computeIfAbsent(tagged.jobId(), none -> new ArrayList<>())
                            .add(new Numbered(tagged.number(), image)));
        }
        return byJob;
    }
}
