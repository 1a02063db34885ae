package dev.imageferry.step;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.ImageEvent;
import dev.imageferry.linode.LinodeImages;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/** Finds out from Linode's events why an image failed or disappeared. Linode has no status for a failed image. */
public final class UploadEvents {
    private static final Logger LOG = Logger.getLogger(UploadEvents.class);
    /** How late an event can appear after its image has disappeared. */
    public static final Duration EVENT_LAG = Duration.ofMinutes(2);

    private final LinodeImages linode;
    private final Elapsed elapsed;
    private final AtomicBoolean scopeMissing = new AtomicBoolean();

    public UploadEvents(LinodeImages linode, Elapsed elapsed) {
        this.linode = linode;
        this.elapsed = elapsed;
    }

    /** The conclusion from the events. */
    public sealed interface Verdict {
        /** Processing has failed. */
        record Failed(Problem problem) implements Verdict {}

        /** Linode has processed the upload, so the bytes had arrived. */
        record Finished() implements Verdict {}

        /** No event about the result. */
        record Nothing() implements Verdict {}

        /** The events could not be read. */
        record Unknown(Problem problem) implements Verdict {}
    }

    public Verdict verdict(Job job, String imageId) throws InterruptedException {
        return switch (linode.uploadEvents(imageId)) {
            case Answer.Ok<List<ImageEvent>> events -> verdictOf(job, events.value());
            case Answer.NotFound<List<ImageEvent>> none ->
                throw new IllegalStateException("Linode answered 404 to a list of events");
            case Answer.Refused<List<ImageEvent>> refused ->
                switch (refused.cause()) {
                    case UNAUTHORIZED -> {
                        // only the reason is unknown; if the token itself is invalid, the next call will show it
                        if (scopeMissing.compareAndSet(false, true)) {
                            LOG.warnf(
                                    "events cannot be read, so the reasons of failed images are unknown; add the scope events:read_only to the token reason=%s",
                                    refused.problem().message());
                        }
                        yield new Verdict.Nothing();
                    }
                    case JOB, SERVER, UNREACHABLE, RATE_LIMITED, QUOTA, BUSY -> new Verdict.Unknown(refused.problem());
                };
        };
    }

    /** Explains a missing image. Waits up to {@link #EVENT_LAG} for a late event. */
    public StepOutcome gone(Job job, String imageId) throws InterruptedException {
        Duration since = job.error()
                .filter(error -> error.code() == ErrorCode.IMAGE_VANISHED)
                .map(error -> elapsed.since(job, job.errorSince()))
                .orElse(Duration.ZERO);
        return switch (verdict(job, imageId)) {
            case Verdict.Failed failed ->
                StepOutcome.of(job.withImage(job.image().gone()), failed.problem());
            case Verdict.Unknown unknown -> StepOutcome.of(job, unknown.problem());
            case Verdict.Finished finished -> vanished(job, imageId, since);
            case Verdict.Nothing nothing -> vanished(job, imageId, since);
        };
    }

    private static StepOutcome vanished(Job job, String imageId, Duration since) {
        Problem problem = new Problem(
                ErrorCode.IMAGE_VANISHED,
                "Image " + imageId + " of " + job.file() + " no longer exists, and no event explains why."
                        + " Retry the job, unless the image was deleted on purpose");
        if (since.compareTo(EVENT_LAG) < 0) {
            return new StepOutcome.StillPending(job, Duration.ofSeconds(5), problem);
        }
        return StepOutcome.of(job.withImage(job.image().gone()), problem);
    }

    private static Verdict verdictOf(Job job, List<ImageEvent> events) {
        Optional<ImageEvent> failed =
                events.stream().filter(ImageEvent::isFailed).reduce((first, last) -> last);
        if (failed.isPresent()) {
            String message = failed.get().messageOrNull();
            if (job.state() == JobState.UPLOADING && message != null && message.contains("window expired")) {
                return new Verdict.Failed(new Problem(
                        ErrorCode.UPLOAD_URL_EXPIRED,
                        "Linode did not receive " + job.file() + " in time (" + message
                                + "). The image is created again"));
            }
            return new Verdict.Failed(new Problem(
                    ErrorCode.PROCESSING_FAILED,
                    "Linode could not process the image of " + job.file() + ": "
                            + (message == null || message.isBlank() ? "no reason given" : message)));
        }
        return events.stream().anyMatch(ImageEvent::isFinished) ? new Verdict.Finished() : new Verdict.Nothing();
    }
}
