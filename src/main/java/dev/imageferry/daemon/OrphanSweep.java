package dev.imageferry.daemon;

import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Done;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.RemoteImage;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.worker.JobListener;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Deletes left-over images that appeared after their job had already searched for them. Never touches an image that has its
 * bytes, or that is not provably a left-over of a job in this queue.
 */
final class OrphanSweep {
    private static final Logger LOG = Logger.getLogger(OrphanSweep.class);

    private final LinodeImages linode;
    private final JobQueue queue;
    private final JobListener listener;

    OrphanSweep(LinodeImages linode, JobQueue queue, JobListener listener) {
        this.linode = linode;
        this.queue = queue;
        this.listener = listener;
    }

    void sweep() throws InterruptedException {
        switch (linode.privateImages()) {
            case Answer.Ok<List<RemoteImage>> images -> {
                for (RemoteImage image : images.value()) {
                    if (isLeftOver(image)) {
                        deleteIfStillLeftOver(image.id());
                    }
                }
            }
            case Answer.NotFound<List<RemoteImage>> none ->
                throw new IllegalStateException("Linode answered 404 to a list of images");
            case Answer.Refused<List<RemoteImage>> refused -> {
                LOG.debugf("sweep skipped reason=%s", refused.problem().message());
            }
        }
    }

    /** Fetches the image and then the row again. This order is safe because the image number of a job only grows. */
    private void deleteIfStillLeftOver(String id) throws InterruptedException {
        switch (linode.get(id)) {
            case Answer.Ok<RemoteImage> ok -> {
                if (isLeftOver(ok.value())) {
                    delete(id);
                }
            }
            case Answer.NotFound<RemoteImage> gone -> LOG.debugf("left-over image is gone already image=%s", id);
            case Answer.Refused<RemoteImage> refused -> notDeleted(id, refused);
        }
    }

    /**
     * Whether the image waits for bytes and no job uses it. Its only Imageferry tag must name a job of this queue and an image
     * number that the job has abandoned.
     */
    private boolean isLeftOver(RemoteImage image) {
        List<ImageRecord.Tagged> tags = image.ourTags();
        if (tags.size() != 1 || !ImageRecord.PENDING_UPLOAD.equals(image.statusOrNull())) {
            return false;
        }
        ImageRecord.Tagged tag = tags.getFirst();
        return queue.find(tag.jobId())
                        .map(Job::image)
                        .filter(row -> tag.number() < row.number()
                                || (tag.number() == row.number() && row.idOrNull() == null && !row.createUnresolved()))
                        .isPresent()
                && !queue.holdsImage(image.id());
    }

    private void delete(String id) throws InterruptedException {
        switch (linode.delete(id)) {
            case Answer.Ok<Done> done -> {
                listener.leftOverDeleted(id);
            }
            case Answer.NotFound<Done> gone -> LOG.debugf("left-over image is gone already image=%s", id);
            case Answer.Refused<Done> refused -> notDeleted(id, refused);
        }
    }

    private static void notDeleted(String id, Answer.Refused<?> refused) {
        LOG.warnf(
                "left-over image not deleted image=%s reason=%s",
                id, refused.problem().message());
    }
}
