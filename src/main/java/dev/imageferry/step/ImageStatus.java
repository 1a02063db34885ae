package dev.imageferry.step;

import dev.imageferry.job.Job;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.Polled;
import dev.imageferry.linode.RemoteImage;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;

/** Fetches a job's image from Linode, and handles refusals and a missing image the same way for all steps. */
public final class ImageStatus {
    private final LinodeImages linode;
    private final UploadEvents events;

    public ImageStatus(LinodeImages linode, UploadEvents events) {
        this.linode = linode;
        this.events = events;
    }

    /** Handles an image that exists. */
    public interface Seen {
        /**
         * Called with the job updated to the status and the regions of the image.
         *
         * @param age how long ago Linode was asked
         */
        StepOutcome on(Job job, RemoteImage image, Duration age) throws InterruptedException;
    }

    /**
     * Polls the image.
     *
     * @param decides whether an image from a listing that is some seconds old is sufficient; otherwise the image is fetched
     */
    public StepOutcome poll(Job job, Predicate<RemoteImage> decides, Seen seen) throws InterruptedException {
        String id = Objects.requireNonNull(job.image().idOrNull(), "a job without an image cannot be polled");
        return outcome(job, id, linode.poll(id, decides), seen);
    }

    /** Evaluates an answer that contains the image. */
    public StepOutcome outcome(Job job, String id, Polled polled, Seen seen) throws InterruptedException {
        return switch (polled.answer()) {
            case Answer.Ok<RemoteImage> ok ->
                seen.on(
                        job.withImage(job.image()
                                .seen(ok.value().statusOrNull(), ok.value().regionsOrNull())),
                        ok.value(),
                        polled.age());
            case Answer.NotFound<RemoteImage> gone -> events.gone(job, id);
            case Answer.Refused<RemoteImage> refused -> StepOutcome.of(job, refused.problem());
        };
    }
}
