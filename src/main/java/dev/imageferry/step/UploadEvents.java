package dev.imageferry.step;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.ImageEvent;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.worker.LinodeProbe;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/** Finds out from the events why an image is not there or never will be. There is no failed status at Linode. */
public final class UploadEvents {
    private static final Logger LOG = Logger.getLogger(UploadEvents.class);
    /** The event can lag behind the image's disappearance. */
    public static final Duration EVENT_LAG = Duration.ofMinutes(2);

    private final LinodeImages linode;
    private final LinodeProbe health;
    private final Elapsed elapsed;
    private final AtomicBoolean scopeMissing = new AtomicBoolean();

    public UploadEvents(LinodeImages linode, LinodeProbe health, Elapsed elapsed) {
        this.linode = linode;
        this.health = health;
        this.elapsed = elapsed;
    }

    /** What the events say. */
    public sealed interface Told {
        /** Processing has failed, for this reason. */
        record Failed(Problem problem) implements Told {}

        /** The upload was taken in, so the bytes were there. */
        record Finished() implements Told {}

        record Nothing() implements Told {}

        /** The events could not be read. */
        record Unknown(Problem problem) implements Told {}
    }

    public Told ask(Job job, String imageId) throws InterruptedException {
        return switch (linode.uploadEvents(imageId)) {
            case Answer.Ok<List<ImageEvent>> events -> told(job, events.value());
            case Answer.NotFound<List<ImageEvent>> none ->
                throw new IllegalStateException("a list of events is never told as not found");
            case Answer.Refused<List<ImageEvent>> refused ->
                switch (refused.cause()) {
                    case UNAUTHORIZED -> {
                        // only the reasons are lost; a token that is refused for good shows itself with the next call
                        if (scopeMissing.compareAndSet(false, true)) {
                            LOG.warnf(
                                    "reasons of failed images stay unknown: %s (give the token the scope events:read_only)",
                                    refused.problem().message());
                        }
                        yield new Told.Nothing();
                    }
                    case JOB, SERVER, UNREACHABLE, RATE_LIMITED, QUOTA, BUSY -> new Told.Unknown(health.judge(refused));
                };
        };
    }

    /** The image answers 404: why? Waits for a late event before it gives up. */
    public StepOutcome gone(Job job, String imageId) throws InterruptedException {
        Duration since = job.error()
                .filter(error -> error.code() == ErrorCode.IMAGE_VANISHED)
                .map(error -> elapsed.since(job, job.errorSince()))
                .orElse(Duration.ZERO);
        return switch (ask(job, imageId)) {
            case Told.Failed failed -> StepOutcome.of(job.withImage(job.image().gone()), failed.problem());
            case Told.Unknown unknown -> StepOutcome.of(job, unknown.problem());
            case Told.Finished finished -> vanished(job, imageId, since);
            case Told.Nothing nothing -> vanished(job, imageId, since);
        };
    }

    private static StepOutcome vanished(Job job, String imageId, Duration since) {
        Problem problem = new Problem(
                ErrorCode.IMAGE_VANISHED,
                "image " + imageId + " of " + job.file() + " does not exist any more and no event says why:"
                        + " if nobody deleted it on purpose, retry the job");
        if (since.compareTo(EVENT_LAG) < 0) {
            return new StepOutcome.StillPending(job, Duration.ofSeconds(5), problem);
        }
        return StepOutcome.of(job.withImage(job.image().gone()), problem);
    }

    private static Told told(Job job, List<ImageEvent> events) {
        Optional<ImageEvent> failed =
                events.stream().filter(ImageEvent::isFailed).reduce((first, last) -> last);
        if (failed.isPresent()) {
            String message = failed.get().messageOrNull();
            if (job.state() == JobState.UPLOADING && message != null && message.contains("window expired")) {
                return new Told.Failed(new Problem(
                        ErrorCode.UPLOAD_URL_EXPIRED,
                        "Linode waited in vain for the bytes of " + job.file() + " (" + message
                                + "): the image is made anew"));
            }
            return new Told.Failed(new Problem(
                    ErrorCode.PROCESSING_FAILED,
                    "Linode could not make an image of " + job.file() + ": "
                            + (message == null || message.isBlank() ? "no reason given" : message)));
        }
        return events.stream().anyMatch(ImageEvent::isFinished) ? new Told.Finished() : new Told.Nothing();
    }
}
