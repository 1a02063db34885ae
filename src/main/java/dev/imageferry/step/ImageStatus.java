package dev.imageferry.step;

import dev.imageferry.job.Job;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.RemoteImage;
import dev.imageferry.worker.LinodeProbe;
import java.util.Objects;

/** Asks Linode for a job's image; what follows from the image being there is the asking step's to say. */
public final class ImageStatus {
    private final LinodeImages linode;
    private final LinodeProbe health;
    private final UploadEvents fate;

    public ImageStatus(LinodeImages linode, LinodeProbe health, UploadEvents fate) {
        this.linode = linode;
        this.health = health;
        this.fate = fate;
    }

    /** What a step does with an image that is there. */
    public interface Seen {
        /** The job knows status and regions as far as they were just told. */
        StepOutcome on(Job job, RemoteImage image) throws InterruptedException;
    }

    public StepOutcome look(Job job, Seen seen) throws InterruptedException {
        String id = Objects.requireNonNull(job.image().idOrNull(), "a job whose bytes have arrived has an image");
        return outcome(job, id, linode.get(id), seen);
    }

    /** What an answer that shows the image means for the job. */
    public StepOutcome outcome(Job job, String id, Answer<RemoteImage> answer, Seen seen) throws InterruptedException {
        return switch (answer) {
            case Answer.Ok<RemoteImage> ok ->
                seen.on(
                        job.withImage(job.image()
                                .seen(ok.value().statusOrNull(), ok.value().regionsOrNull())),
                        ok.value());
            case Answer.NotFound<RemoteImage> gone -> fate.gone(job, id);
            case Answer.Refused<RemoteImage> refused -> StepOutcome.of(job, health.judge(refused));
        };
    }
}
