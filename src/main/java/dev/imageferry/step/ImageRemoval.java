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
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Deletes the image and the left-overs of a job at Linode. Each image is fetched right before. It stays if it is available,
 * unless it received wrong bytes, and if its status or its owner is unknown.
 */
public final class ImageRemoval {
    private static final Logger LOG = Logger.getLogger(ImageRemoval.class);

    private final LinodeImages linode;
    private final JobQueue queue;
    private final TaggedImages tagged;
    private final JobListener listener;

    public ImageRemoval(LinodeImages linode, JobQueue queue, TaggedImages tagged, JobListener listener) {
        this.linode = linode;
        this.queue = queue;
        this.tagged = tagged;
        this.listener = listener;
    }

    /**
     * Deletes the job's image and its left-overs. An image that stays because it is available is committed as such.
     *
     * @return why this failed; empty if it succeeded. Unless the run's job then has an available image, the caller must record
     *     {@link ImageRecord#gone()}
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
            case Answer.Refused<RemoteImage> refused -> Optional.of(refused.problem());
        };
    }

    /** The image belongs to the job, because its id is in the row, unless its tags show that it is another job's. */
    private Optional<Problem> remove(JobRun run, RemoteImage image) throws InterruptedException, LeaseLostException {
        Job job = run.job();
        if (image.isOfAnotherJobThan(job.id())) {
            LOG.infof("image belongs to another job and stays job=%s image=%s", job.id(), image.id());
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
        return image.statusOrNull() == null ? Optional.of(statusUnknown(image.id(), job)) : delete(image.id());
    }

    /** An image that is being copied already has an available copy. */
    private static boolean isBeingCopied(RemoteImage image) {
        List<ImageRecord.RegionCopy> copies = image.regionsOrNull();
        return ImageRecord.CREATING.equals(image.statusOrNull())
                && copies != null
                && copies.stream().anyMatch(copy -> ImageRecord.AVAILABLE.equals(copy.status()));
    }

    /** Deletes an image that carries the job's tag, if it is provably a left-over of this job. */
    public Optional<Problem> removeLeftOver(Job job, RemoteImage image) throws InterruptedException {
        if (image.tagsOrNull() == null) {
            return Optional.of(tagsUnknown(image.id(), job));
        }
        List<ImageRecord.Tagged> tags = image.ourTags();
        boolean ours = tags.size() == 1
                && tags.getFirst().jobId().equals(job.id())
                && tags.getFirst().number() <= job.image().number();
        if (!ours || image.isAvailable() || queue.holdsImage(image.id())) {
            return Optional.empty();
        }
        if (image.statusOrNull() == null) {
            return Optional.of(statusUnknown(image.id(), job));
        }
        Optional<Problem> problem = delete(image.id());
        if (problem.isEmpty()) {
            listener.leftOverDeleted(image.id());
        }
        return problem;
    }

    private Optional<Problem> removeLeftOvers(JobRun run) throws InterruptedException, LeaseLostException {
        return switch (tagged.of(run.job())) {
            case TaggedImages.Found.Unknown unknown -> Optional.of(unknown.problem());
            case TaggedImages.Found.Images found -> {
                if (!found.images().isEmpty()) {
                    // verify the lease: another instance may already use one of these images
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
            case Answer.Refused<RemoteImage> refused -> Optional.of(refused.problem());
        };
    }

    public static Problem tagsUnknown(String imageId, Job job) {
        return new Problem(
                ErrorCode.LINODE_ERROR,
                "Linode did not return the tags of image " + imageId + ", so it is unknown whether it was created for "
                        + job.file() + ". Retrying automatically");
    }

    private static Problem statusUnknown(String imageId, Job job) {
        return new Problem(
                ErrorCode.LINODE_ERROR,
                "Linode did not return the status of image " + imageId + " of " + job.file()
                        + ", so it is not deleted yet. Retrying automatically");
    }

    private Optional<Problem> delete(String id) throws InterruptedException {
        return switch (linode.delete(id)) {
            case Answer.Ok<Done> done -> Optional.empty();
            case Answer.NotFound<Done> gone -> Optional.empty();
            case Answer.Refused<Done> refused -> Optional.of(refused.problem());
        };
    }
}
