package dev.imageferry.upload;

import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Done;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.RemoteImage;
import dev.imageferry.queue.JobQueue;
import io.micrometer.core.instrument.Counter;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Finds images that appeared after their lost create call had been given up: the look by tag came too early for them.
 * What is available, or is not provably a left-over of a job in this queue, is never touched.
 */
final class OrphanSweep {
    private static final Logger LOG = Logger.getLogger(OrphanSweep.class);

    private final LinodeImages linode;
    private final JobQueue queue;
    private final ServiceHealth health;
    private final Counter orphansDeleted;

    OrphanSweep(LinodeImages linode, JobQueue queue, ServiceHealth health, Counter orphansDeleted) {
        this.linode = linode;
        this.queue = queue;
        this.health = health;
        this.orphansDeleted = orphansDeleted;
    }

    void sweep() throws InterruptedException {
        switch (linode.privateImages()) {
            case Answer.Ok<List<RemoteImage>> images -> {
                for (RemoteImage image : images.value()) {
                    if (isLeftOver(image)) {
                        delete(image);
                    }
                }
            }
            case Answer.NotFound<List<RemoteImage>> none -> {}
            case Answer.Refused<List<RemoteImage>> refused -> {
                // the next sweep looks again
                LOG.debugf("no sweep reason=%s", health.judge(refused).message());
            }
        }
    }

    /** The job's row is read after the listing: its number only grows, so what is lower now was given up before. */
    private boolean isLeftOver(RemoteImage image) {
        if (image.isAvailable()) {
            return false;
        }
        Optional<ImageRecord.Tagged> tagged = image.tags().stream()
                .flatMap(tag -> ImageRecord.ofTag(tag).stream())
                .findFirst();
        return tagged.flatMap(tag -> queue.find(tag.jobId()))
                .map(Job::image)
                .filter(ours -> !image.id().equals(ours.idOrNull()))
                .filter(ours -> tagged.get().number() < ours.number()
                        || (tagged.get().number() == ours.number()
                                && ours.idOrNull() == null
                                && !ours.createUnresolved()))
                .isPresent();
    }

    private void delete(RemoteImage image) throws InterruptedException {
        switch (linode.delete(image.id())) {
            case Answer.Ok<Done> done -> {
                orphansDeleted.increment();
                LOG.infof("left-over image deleted image=%s", image.id());
            }
            case Answer.NotFound<Done> gone -> LOG.debugf("left-over image is gone already image=%s", image.id());
            case Answer.Refused<Done> refused ->
                LOG.warnf(
                        "left-over image not deleted image=%s reason=%s",
                        image.id(), health.judge(refused).message());
        }
    }
}
