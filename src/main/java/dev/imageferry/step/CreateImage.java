package dev.imageferry.step;

import dev.imageferry.drop.MetadataReader;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.CreatedImage;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.NewImage;
import dev.imageferry.linode.RemoteImage;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.LeaseLostException;
import dev.imageferry.worker.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Creates the image for a job. The call has no idempotency key, so the image number is committed first, and after a lost
 * answer the image is searched for by its tag.
 */
public final class CreateImage implements Step {
    /** Pause while another job with the same content is in progress. */
    private static final Duration DUPLICATE_PAUSE = Duration.ofSeconds(5);

    private final LinodeImages linode;
    private final JobQueue queue;
    private final MetadataReader metadata;
    private final ImageRemoval removal;
    private final TaggedImages tagged;
    private final Gates gates;
    private final boolean deduplicate;

    public CreateImage(
            LinodeImages linode,
            JobQueue queue,
            MetadataReader metadata,
            ImageRemoval removal,
            TaggedImages tagged,
            Gates gates,
            boolean deduplicate) {
        this.linode = linode;
        this.queue = queue;
        this.metadata = metadata;
        this.removal = removal;
        this.tagged = tagged;
        this.gates = gates;
        this.deduplicate = deduplicate;
    }

    @Override
    public StepOutcome run(JobRun run) throws InterruptedException, LeaseLostException {
        switch (tagged.of(run.job())) {
            case TaggedImages.Found.Unknown unknown -> {
                return StepOutcome.of(run.job(), unknown.problem());
            }
            case TaggedImages.Found.Images found -> {
                for (TaggedImages.Numbered each : found.images()) {
                    Optional<StepOutcome> outcome = resumeWith(run, each);
                    if (outcome.isPresent()) {
                        return outcome.get();
                    }
                }
            }
        }
        Job job = run.job();
        if (job.image().createUnresolved()) {
            job = run.checkpoint(job.withImage(job.image().gone())); // the call created no image, or it was deleted
        } else if (job.image().isCorrupted()) {
            Optional<Problem> problem = removal.remove(run);
            if (problem.isPresent()) {
                return StepOutcome.of(job, problem.get());
            }
            job = run.checkpoint(job.withImage(job.image().gone()));
        }
        if (job.image().number() == 0) {
            switch (run.inDatabase(() -> metadata.read(run.job().file()))) {
                case MetadataReader.Result.Bad bad -> {
                    return StepOutcome.of(job, bad.problem());
                }
                // committed with the intent
                case MetadataReader.Result.Read read -> job = job.withMetadata(read.metadata());
            }
        }
        Optional<Problem> full = gates.admit(Gate.QUOTA);
        if (full.isPresent()) {
            return StepOutcome.of(job, full.get());
        }
        Job intending = job;
        Set<UUID> imageless = new HashSet<>();
        while (true) {
            switch (run.inDatabase(() -> queue.intendCreate(intending, deduplicate, imageless))) {
                case JobQueue.Intent.LeaseLost lost -> throw new LeaseLostException(job.id());
                case JobQueue.Intent.Committed committed -> {
                    run.advanceTo(committed.job());
                    return create(run);
                }
                case JobQueue.Intent.Duplicate duplicate -> {
                    Optional<StepOutcome> outcome = reuseImageOf(duplicate.other(), job);
                    if (outcome.isPresent()) {
                        return outcome.get();
                    }
                    imageless.add(duplicate.other().id()); // look for another duplicate, else create an image
                }
            }
        }
    }

    /** Uses an image with a later number if it is available. Otherwise deletes it and returns empty. */
    private Optional<StepOutcome> resumeWith(JobRun run, TaggedImages.Numbered ahead)
            throws InterruptedException, LeaseLostException {
        String id = ahead.image().id();
        Job job = run.checkpoint(run.job().withImage(run.job().image().ahead(ahead.number())));
        return switch (linode.get(id)) {
            case Answer.Ok<RemoteImage> ok
            when ok.value().isAvailable() ->
                Optional.of(adopted(
                        job,
                        ok.value(),
                        "not uploaded again: " + id
                                + " was created for this job after the backup from which the database was"
                                + " restored"));
            case Answer.Ok<RemoteImage> pending ->
                removal.removeLeftOver(job, pending.value()).map(problem -> StepOutcome.of(job, problem));
            case Answer.NotFound<RemoteImage> gone -> Optional.empty();
            case Answer.Refused<RemoteImage> refused -> Optional.of(StepOutcome.of(job, refused.problem()));
        };
    }

    private StepOutcome create(JobRun run) throws InterruptedException, LeaseLostException {
        Job job = run.job();
        ImageMetadata wanted = job.metadata();
        List<String> tags = new ArrayList<>(wanted.allTags());
        tags.add(ImageRecord.tag(job.id(), job.image().number()));
        NewImage image = new NewImage(
                wanted.label(),
                Objects.requireNonNull(wanted.regionOrNull(), "metadata without a region is bad-metadata"),
                wanted.description(),
                wanted.cloudInit(),
                tags);
        return switch (linode.create(image)) {
            case Answer.Ok<CreatedImage> ok -> {
                RemoteImage remote = ok.value().image();
                Job created = run.checkpoint(job.withImage(job.image()
                        .created(
                                remote.id(),
                                remote.statusOrNull(),
                                remote.regionsOrNull(),
                                ok.value().uploadTo())));
                yield new StepOutcome.Advanced(created, JobState.UPLOADING, "created " + remote.id());
            }
            case Answer.NotFound<CreatedImage> notFound ->
                throw new IllegalStateException("Linode answered 404 to a create call");
            case Answer.Refused<CreatedImage> refused ->
                StepOutcome.of(refused.outcomeUnknown() ? job : resolved(job), refused.problem());
        };
    }

    private static Job resolved(Job job) {
        return job.withImage(job.image().gone());
    }

    /** Uses the image of the other job. Empty if it no longer exists or is not available. */
    private Optional<StepOutcome> reuseImageOf(Job other, Job job) throws InterruptedException {
        String id = other.image().idOrNull();
        if (!other.state().isEnd() || id == null) {
            return Optional.of(new StepOutcome.StillPending(
                    job,
                    DUPLICATE_PAUSE,
                    new Problem(
                            ErrorCode.DUPLICATE_IN_PROGRESS,
                            job.file() + " has the same content, region, label and cloud-init as " + other.file()
                                    + " (job " + other.id() + "), which is " + other.state()
                                    + ". This job waits for that image")));
        }
        return switch (linode.get(id)) {
            case Answer.Ok<RemoteImage> ok
            when ok.value().isAvailable() || wasAvailable(other) ->
                Optional.of(adopted(
                        job,
                        ok.value(),
                        "not uploaded again: same content, region, label and cloud-init as " + other.file() + " (job "
                                + other.id() + ")"));
            case Answer.Ok<RemoteImage> notReady -> Optional.empty();
            case Answer.NotFound<RemoteImage> gone -> Optional.empty();
            case Answer.Refused<RemoteImage> refused -> Optional.of(StepOutcome.of(job, refused.problem()));
        };
    }

    /** Once available, an image stays available, even if its status changes while it is being copied. */
    private static boolean wasAvailable(Job other) {
        return other.state() == JobState.AVAILABLE || other.image().isAvailable();
    }

    /** Ends the upload with an existing image. Copies that this job requests may still be missing. */
    private static StepOutcome adopted(Job job, RemoteImage image, String why) {
        List<ImageRecord.RegionCopy> copies = image.regionsOrNull();
        Job adopting = job.withImage(new ImageRecord(
                job.image().number(),
                false,
                image.id(),
                ImageRecord.AVAILABLE,
                copies == null ? List.of() : copies,
                null,
                null));
        return new StepOutcome.Advanced(
                adopting, ReplicateImage.isComplete(adopting) ? JobState.AVAILABLE : JobState.REPLICATING, why);
    }
}
