package dev.imageferry.step;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.Problem;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Done;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.RemoteImage;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.worker.JobListener;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.LeaseLostException;
import dev.imageferry.worker.LinodeProbe;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Takes away what a job has at Linode and must not stay there, also an image whose create call was never answered: that
 * one is known by its tag. Each image is looked at right before; one that is available stays, unless it is known to have got
 * wrong bytes, and so does one that Linode does not say enough about.
 */
public final class ImageRemoval {
    private static final Logger LOG = Logger.getLogger(ImageRemoval.class);

    private final LinodeImages linode;
    private final JobQueue queue;
    private final TaggedImages tagged;
    private final LinodeProbe health;
    private final JobListener listener;

    public ImageRemoval(
            LinodeImages linode, JobQueue queue, TaggedImages tagged, LinodeProbe health, JobListener listener) {
        this.linode = linode;
        this.queue = queue;
        this.tagged = tagged;
        this.health = health;
        this.listener = listener;
    }

    /**
     * Removes the job's image and any left-over of it. An image that stays because it is available is committed as such.
     *
     * @return why it could not be done; empty when nothing of the job is left but what is available, which the caller commits
     *     by {@link ImageRecord#gone()} where the run's job has no available image
     */
    public Optional<Problem> remove(JobRun run) throws InterruptedException, LeaseLostException {
        if (run.job().image().createUnresolved()) {
            Optional<Problem> problem = removeLeftOvers(run);
            if (problem.isPresent()) {
                return problem;
            }
        }
        String id = run.job().image().idOrNull();
        if (id == null) {
            return Optional.empty();
        }
        return switch (linode.get(id)) {
            case Answer.Ok<RemoteImage> ok -> remove(run, ok.value());
            case Answer.NotFound<RemoteImage> gone -> Optional.empty();
            case Answer.Refused<RemoteImage> refused -> Optional.of(health.judge(refused));
        };
    }

    /** The id is from the row and so the image is the job's own, unless its tags show that the job only made use of it. */
    private Optional<Problem> remove(JobRun run, RemoteImage image) throws InterruptedException, LeaseLostException {
        Job job = run.job();
        if (image.isOfAnotherJobThan(job.id())) {
            LOG.infof("image is another job's and stays job=%s image=%s", job.id(), image.id());
            return Optional.empty();
        }
        if (job.image().isCorrupted()) {
            return delete(image.id());
        }
        if (image.isAvailable() || isBeingCopied(image)) {
            LOG.warnf("image is available and stays job=%s image=%s", job.id(), image.id());
            run.checkpoint(job.withImage(job.image().seen(ImageRecord.AVAILABLE, image.regionsOrNull())));
            return Optional.empty();
        }
        return image.statusOrNull() == null ? Optional.of(statusNotTold(image.id(), job)) : delete(image.id());
    }

    /** Only what was available once has a copy that is. */
    private static boolean isBeingCopied(RemoteImage image) {
        List<ImageRecord.RegionCopy> copies = image.regionsOrNull();
        return ImageRecord.CREATING.equals(image.statusOrNull())
                && copies != null
                && copies.stream().anyMatch(copy -> ImageRecord.AVAILABLE.equals(copy.status()));
    }

    /** Deletes an image that carries the job's tag and is not the job's image, if it is as just seen provably a left-over. */
    public Optional<Problem> removeLeftOver(Job job, RemoteImage image) throws InterruptedException {
        if (image.tagsOrNull() == null) {
            return Optional.of(tagsNotTold(image.id(), job));
        }
        List<ImageRecord.Tagged> tags = image.ourTags();
        boolean ours = tags.size() == 1
                && tags.getFirst().jobId().equals(job.id())
                && tags.getFirst().number() <= job.image().number();
        if (!ours || image.isAvailable() || queue.holdsImage(image.id())) {
            return Optional.empty();
        }
        if (image.statusOrNull() == null) {
            return Optional.of(statusNotTold(image.id(), job));
        }
        Optional<Problem> problem = delete(image.id());
        if (problem.isEmpty()) {
            listener.leftOverDeleted(image.id());
        }
        return problem;
    }

    private Optional<Problem> removeLeftOvers(JobRun run) throws InterruptedException, LeaseLostException {
        return switch (tagged.of(run.job())) {
            case TaggedImages.Found.Unknown unknown -> Optional.of(health.judge(unknown.why()));
            case TaggedImages.Found.Images found -> {
                if (!found.images().isEmpty()) {
                    // still ours to decide about: another instance may have gone on with one of them
                    run.checkpoint(run.job());
                }
                for (TaggedImages.Numbered each : found.images()) {
                    Optional<Problem> problem =
                            removeLeftOver(run.job(), each.image().id());
                    if (problem.isPresent()) {
                        yield problem;
                    }
                }
                yield Optional.empty();
            }
        };
    }

    private Optional<Problem> removeLeftOver(Job job, String id) throws InterruptedException {
        return switch (linode.get(id)) {
            case Answer.Ok<RemoteImage> ok -> removeLeftOver(job, ok.value());
            case Answer.NotFound<RemoteImage> gone -> Optional.empty();
            case Answer.Refused<RemoteImage> refused -> Optional.of(health.judge(refused));
        };
    }

    /** Without the tags it is not known whose image it is. */
    public static Problem tagsNotTold(String imageId, Job job) {
        return new Problem(
                ErrorCode.LINODE_ERROR,
                "Linode does not say which tags image " + imageId + " has, so it is not known whether it was made for "
                        + job.file() + ": it is looked at again");
    }

    private static Problem statusNotTold(String imageId, Job job) {
        return new Problem(
                ErrorCode.LINODE_ERROR,
                "Linode does not say whether image " + imageId + " of " + job.file()
                        + " is available, so it is not deleted yet: it is looked at again");
    }

    private Optional<Problem> delete(String id) throws InterruptedException {
        return switch (linode.delete(id)) {
            case Answer.Ok<Done> done -> Optional.empty();
            case Answer.NotFound<Done> gone -> Optional.empty();
            case Answer.Refused<Done> refused -> Optional.of(health.judge(refused));
        };
    }
}
