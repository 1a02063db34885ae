package dev.imageferry.step;

import dev.imageferry.job.Job;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.RemoteImage;
import java.util.Objects;

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
        /** Called with the job updated to the status and the regions of the image. */
        StepOutcome on(Job job, RemoteImage image) throws InterruptedException;
    }

    public StepOutcome fetch(Job job, Seen seen) throws InterruptedException {
        String id = Objects.requireNonNull(job.image().idOrNull(), "a job without an image cannot be polled");
        return outcome(job, id, linode.get(id), seen);
    }

    /** Evaluates an answer that contains the image. */
    public StepOutcome outcome(Job job, String id, Answer<RemoteImage> answer, Seen seen) throws InterruptedException {
        return switch (answer) {
            case Answer.Ok<RemoteImage> ok ->
                seen.on(
                        job.withImage(job.image()
                                .seen(ok.value().statusOrNull(), ok.value().regionsOrNull())),
                        ok.value());
            case Answer.NotFound<RemoteImage> gone -> events.gone(job, id);
            case Answer.Refused<RemoteImage> refused -> StepOutcome.of(job, refused.problem());
        };
    }
}
