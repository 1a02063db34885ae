package dev.imageferry.upload;

import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.Problem;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Done;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.RemoteImage;
import io.micrometer.core.instrument.Counter;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Takes away what a job has at Linode and must not stay there, also an image whose create call was never answered: that
 * one is known by its tag. An image that is available is never touched.
 */
final class ImageRemoval {
    private static final Logger LOG = Logger.getLogger(ImageRemoval.class);

    private final LinodeImages linode;
    private final ServiceHealth health;
    private final Counter orphansDeleted;

    ImageRemoval(LinodeImages linode, ServiceHealth health, Counter orphansDeleted) {
        this.linode = linode;
        this.health = health;
        this.orphansDeleted = orphansDeleted;
    }

    /**
     * Removes the job's image and any left-over of it.
     *
     * @return why it could not be done; empty when nothing of the job is left, which the caller commits by
     *     {@link ImageRecord#gone()}
     */
    Optional<Problem> remove(Turn turn) throws InterruptedException, LeaseLostException {
        Job job = turn.job();
        if (job.image().createUnresolved()) {
            Optional<Problem> problem = removeLeftOvers(turn);
            if (problem.isPresent()) {
                return problem;
            }
        }
        String id = job.image().idOrNull();
        return id == null ? Optional.empty() : delete(job, id);
    }

    /** Deletes an image that carries the job's tag and is not the job's image. */
    Optional<Problem> removeLeftOver(Job job, String id) throws InterruptedException {
        Optional<Problem> problem = delete(id);
        if (problem.isEmpty()) {
            orphansDeleted.increment();
            LOG.infof("left-over image deleted job=%s image=%s", job.id(), id);
        }
        return problem;
    }

    private Optional<Problem> removeLeftOvers(Turn turn) throws InterruptedException, LeaseLostException {
        return switch (linode.privateImages()) {
            case Answer.Refused<List<RemoteImage>> refused -> Optional.of(health.judge(refused));
            case Answer.NotFound<List<RemoteImage>> notFound -> Optional.empty();
            case Answer.Ok<List<RemoteImage>> images -> {
                Job job = turn.job();
                List<RemoteImage> leftOvers = images.value().stream()
                        .filter(image -> !image.isAvailable()
                                && !image.id().equals(job.image().idOrNull()))
                        .filter(image -> isTagged(image, job))
                        .toList();
                if (!leftOvers.isEmpty()) {
                    turn.checkpoint(
                            job); // still ours to decide about: another instance may have gone on with one of them
                }
                for (RemoteImage leftOver : leftOvers) {
                    Optional<Problem> problem = removeLeftOver(job, leftOver.id());
                    if (problem.isPresent()) {
                        yield problem;
                    }
                }
                yield Optional.empty();
            }
        };
    }

    /**
     * An image that waits for bytes, as the row says, and yet is available got them after the backup that the database
     * was restored from. One that no bytes were sent to may be another job's, of the same content: its tag tells.
     */
    private Optional<Problem> delete(Job job, String id) throws InterruptedException {
        if (!job.image().awaitsBytes() && !job.image().isCondemned()) {
            return delete(id);
        }
        return switch (linode.get(id)) {
            case Answer.Ok<RemoteImage> ok
            when !isTagged(ok.value(), job) -> {
                LOG.infof("image is another job's and stays job=%s image=%s", job.id(), id);
                yield Optional.empty();
            }
            case Answer.Ok<RemoteImage> ok
            when ok.value().isAvailable() && job.image().awaitsBytes() -> {
                LOG.warnf("image is available and stays job=%s image=%s", job.id(), id);
                yield Optional.empty();
            }
            case Answer.Ok<RemoteImage> unwanted -> delete(id);
            case Answer.NotFound<RemoteImage> gone -> Optional.empty();
            case Answer.Refused<RemoteImage> refused -> Optional.of(health.judge(refused));
        };
    }

    private static boolean isTagged(RemoteImage image, Job job) {
        return image.tags().stream().anyMatch(tag -> tag.startsWith(ImageRecord.tagPrefix(job.id())));
    }

    private Optional<Problem> delete(String id) throws InterruptedException {
        return switch (linode.delete(id)) {
            case Answer.Ok<Done> done -> Optional.empty();
            case Answer.NotFound<Done> gone -> Optional.empty();
            case Answer.Refused<Done> refused -> Optional.of(health.judge(refused));
        };
    }
}
