package dev.imageferry.daemon;

import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Done;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.RemoteImage;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.worker.JobListener;
import dev.imageferry.worker.LinodeProbe;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Finds images that appeared after their lost create call had been given up: the look by tag came too early for them.
 * What has its bytes, or is not provably a left-over of a job in this queue, is never touched.
 */
final class OrphanSweep {
    private static final Logger LOG = Logger.getLogger(OrphanSweep.class);

    private final LinodeImages linode;
    private final JobQueue queue;
    private final LinodeProbe health;
    private final JobListener listener;

    OrphanSweep(LinodeImages linode, JobQueue queue, LinodeProbe health, JobListener listener) {
        this.linode = linode;
        this.queue = queue;
        this.health = health;
        this.listener = listener;
    }

    void sweep() throws InterruptedException {
        switch (linode.privateImages()) {
            case Answer.Ok<List<RemoteImage>> images -> {
                for (RemoteImage image : images.value()) {
                    if (isLeftOver(image)) {
                        deleteIfItStillIs(image.id());
                    }
                }
            }
            case Answer.NotFound<List<RemoteImage>> none ->
                throw new IllegalStateException("a list of images is never told as not found");
            case Answer.Refused<List<RemoteImage>> refused -> {
                // the next sweep looks again
                LOG.debugf("no sweep reason=%s", health.judge(refused).message());
            }
        }
    }

    /** Image and rows are looked at once more, in this order: a job's image number only grows. */
    private void deleteIfItStillIs(String id) throws InterruptedException {
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
     * A left-over waits for bytes that nobody sends, because nobody knows its address. Its only tag of our form names a job of
     * this queue and a number that the job has given up, and no job has it as its image.
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

    private void notDeleted(String id, Answer.Refused<?> refused) throws InterruptedException {
        LOG.warnf(
                "left-over image not deleted image=%s reason=%s",
                id, health.judge(refused).message());
    }
}
