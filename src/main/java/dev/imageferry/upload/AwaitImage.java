package dev.imageferry.upload;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.RemoteImage;
import java.time.Duration;
import java.util.Objects;

/** Looks whether Linode has unpacked the image. One look; the job is released between looks. */
final class AwaitImage implements Step {
    /** Small images are there before this; for the others the events are read too, for they may tell of a failure first. */
    private static final Duration EVENTS_AFTER = Duration.ofMinutes(1);

    private final LinodeImages linode;
    private final ServiceHealth health;
    private final ImageFate fate;
    private final PollSettings poll;

    AwaitImage(LinodeImages linode, ServiceHealth health, ImageFate fate, PollSettings poll) {
        this.linode = linode;
        this.health = health;
        this.fate = fate;
        this.poll = poll;
    }

    @Override
    public StepOutcome run(Turn turn) throws InterruptedException {
        Job job = turn.job();
        String id = Objects.requireNonNull(job.image().idOrNull(), "a job that is processed has an image");
        return switch (linode.get(id)) {
            case Answer.Ok<RemoteImage> ok ->
                seen(
                        job.withImage(
                                job.image().seen(ok.value().status(), ok.value().regions())),
                        id);
            case Answer.NotFound<RemoteImage> gone -> fate.gone(job, id);
            case Answer.Refused<RemoteImage> refused -> StepOutcome.of(job, health.judge(refused));
        };
    }

    private StepOutcome seen(Job job, String id) throws InterruptedException {
        ImageRecord image = job.image();
        if (image.isAvailable()) {
            return new StepOutcome.Advanced(
                    job,
                    job.metadata().replicateTo().isEmpty() ? JobState.AVAILABLE : JobState.REPLICATING,
                    id + " is available");
        }
        Duration waited = job.timeInState();
        if (waited.compareTo(poll.timeout()) >= 0) {
            return StepOutcome.of(
                    job,
                    new Problem(
                            ErrorCode.PROCESSING_TIMEOUT,
                            "image " + id + " of " + job.file() + " was still " + image.statusOrNull() + " after "
                                    + waited.toMinutes()
                                    + " min (imageferry.poll.timeout) and is deleted: retry the job, or"
                                    + " ask Linode's support when it happens again"));
        }
        if (waited.compareTo(EVENTS_AFTER) >= 0 && fate.ask(job, id) instanceof ImageFate.Told.Failed failed) {
            return StepOutcome.of(job, failed.problem());
        }
        return new StepOutcome.StillPending(job, poll.delayAfter(waited));
    }
}
