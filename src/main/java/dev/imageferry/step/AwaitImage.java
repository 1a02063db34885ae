package dev.imageferry.step;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.linode.RemoteImage;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.Step;
import java.time.Duration;

/** Looks whether Linode has unpacked the image. One look; the job is released between looks. */
public final class AwaitImage implements Step {
    /** Small images are there before this; for the others the events are read too, for they may tell of a failure first. */
    private static final Duration EVENTS_AFTER = Duration.ofMinutes(1);

    private final ImageStatus look;
    private final UploadEvents fate;
    private final PollSettings poll;
    private final Elapsed elapsed;

    public AwaitImage(ImageStatus look, UploadEvents fate, PollSettings poll, Elapsed elapsed) {
        this.look = look;
        this.fate = fate;
        this.poll = poll;
        this.elapsed = elapsed;
    }

    @Override
    public StepOutcome run(JobRun run) throws InterruptedException {
        return look.look(run.job(), this::seen);
    }

    private StepOutcome seen(Job job, RemoteImage remote) throws InterruptedException {
        String id = remote.id();
        ImageRecord image = job.image();
        if (image.isAvailable()) {
            return new StepOutcome.Advanced(
                    job,
                    job.metadata().replicateTo().isEmpty() ? JobState.AVAILABLE : JobState.REPLICATING,
                    id + " is available");
        }
        Duration waited = elapsed.since(job, job.stateSince());
        if (waited.compareTo(poll.timeout()) >= 0) {
            return StepOutcome.of(
                    job,
                    new Problem(
                            ErrorCode.PROCESSING_TIMEOUT,
                            "image " + id + " of " + job.file() + " was still "
                                    + (image.statusOrNull() == null ? "without a status" : image.statusOrNull())
                                    + " after "
                                    + waited.toMinutes()
                                    + " min (imageferry.poll.timeout) and is deleted: retry the job, or"
                                    + " ask Linode's support when it happens again"));
        }
        if (waited.compareTo(EVENTS_AFTER) >= 0 && fate.ask(job, id) instanceof UploadEvents.Told.Failed failed) {
            return StepOutcome.of(job, failed.problem());
        }
        return new StepOutcome.StillPending(job, poll.delayAfter(waited));
    }
}
