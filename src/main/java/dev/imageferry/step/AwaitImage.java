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

/** Asks Linode once whether the image is available. The job is released between two requests. */
public final class AwaitImage implements Step {
    /** After this time the events are read too, because an event can report a failure before the image does. */
    private static final Duration EVENTS_AFTER = Duration.ofMinutes(1);

    private final ImageStatus imageStatus;
    private final UploadEvents events;
    private final PollSettings poll;
    private final Elapsed elapsed;
    private final EventTurns turns;

    public AwaitImage(
            ImageStatus imageStatus, UploadEvents events, PollSettings poll, Elapsed elapsed, EventTurns turns) {
        this.imageStatus = imageStatus;
        this.events = events;
        this.poll = poll;
        this.elapsed = elapsed;
        this.turns = turns;
    }

    @Override
    public StepOutcome run(JobRun run) throws InterruptedException {
        return imageStatus.poll(run.job(), image -> image.statusOrNull() != null, this::seen);
    }

    private StepOutcome seen(Job job, RemoteImage remote, Duration age) throws InterruptedException {
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
                            "Image " + id + " of " + job.file() + " was still "
                                    + (image.statusOrNull() == null ? "without a status" : image.statusOrNull())
                                    + " after "
                                    + waited.toMinutes()
                                    + " min (imageferry.poll.timeout). The image will be deleted. Retry the job. If this"
                                    + " happens again, contact Linode support"));
        }
        if (waited.compareTo(EVENTS_AFTER) >= 0
                && turns.take(job.id())
                && events.verdict(job, id) instanceof UploadEvents.Verdict.Failed failed) {
            return StepOutcome.of(job, failed.problem());
        }
        return new StepOutcome.StillPending(job, poll.delayAfter(waited, age));
    }
}
