package dev.imageferry.step;

import dev.imageferry.drop.MetadataReader;
import dev.imageferry.image.ImageLabels;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Cause;
import dev.imageferry.linode.CreatedImage;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.NewImage;
import dev.imageferry.linode.RemoteImage;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.LeaseLostException;
import dev.imageferry.worker.LinodeProbe;
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
 * Makes the image that the file is sent to: intent first, then the call, then id and URL. The call has no idempotency
 * key; after a lost answer the left-over is looked for by its tag before the next number is tried.
 */
public final class CreateImage implements Step {
    /** How soon to look again at a job that has the same content and is on its way. */
    private static final Duration DUPLICATE_PAUSE = Duration.ofSeconds(5);

    private final LinodeImages linode;
    private final JobQueue queue;
    private final MetadataReader metadata;
    private final ImageRemoval removal;
    private final TaggedImages tagged;
    private final LinodeProbe health;
    private final Gates gates;
    private final boolean deduplicate;

    public CreateImage(
            LinodeImages linode,
            JobQueue queue,
            MetadataReader metadata,
            ImageRemoval removal,
            TaggedImages tagged,
            LinodeProbe health,
            Gates gates,
            boolean deduplicate) {
        this.linode = linode;
        this.queue = queue;
        this.metadata = metadata;
        this.removal = removal;
        this.tagged = tagged;
        this.health = health;
        this.gates = gates;
        this.deduplicate = deduplicate;
    }

    @Override
    public StepOutcome run(JobRun run) throws InterruptedException, LeaseLostException {
        switch (tagged.of(run.job())) {
            case TaggedImages.Found.Unknown unknown -> {
                return StepOutcome.of(run.job(), health.judge(unknown.why()));
            }
            case TaggedImages.Found.Images found -> {
                for (TaggedImages.Numbered each : found.images()) {
                    Optional<StepOutcome> outcome = goOnWith(run, each);
                    if (outcome.isPresent()) {
                        return outcome.get();
                    }
                }
            }
        }
        Job job = run.job();
        if (job.image().createUnresolved()) {
            job = run.checkpoint(job.withImage(job.image().gone())); // nothing came of the call, or it is deleted
        } else if (job.image().isCorrupted()) {
            Optional<Problem> problem = removal.remove(run);
            if (problem.isPresent()) {
                return StepOutcome.of(job, problem.get());
            }
            job = run.checkpoint(job.withImage(job.image().gone()));
        }
        if (job.image().number() == 0) {
            switch (run.inDatabase(() -> metadata.read(run.job().file(), ImageLabels::labelOf))) {
                case MetadataReader.Result.Bad bad -> {
                    return StepOutcome.of(job, bad.problem());
                }
                case MetadataReader.Result.Read read -> job = run.checkpoint(job.withMetadata(read.metadata()));
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
                    Optional<StepOutcome> outcome = sameAs(duplicate.other(), job);
                    if (outcome.isPresent()) {
                        return outcome.get();
                    }
                    imageless.add(duplicate.other().id()); // another may have one; else this job makes its own
                }
            }
        }
    }

    /** The job ends with the image when that is available; else the image is in the way and goes. */
    private Optional<StepOutcome> goOnWith(JobRun run, TaggedImages.Numbered ahead)
            throws InterruptedException, LeaseLostException {
        String id = ahead.image().id();
        Job job = run.checkpoint(run.job().withImage(run.job().image().ahead(ahead.number())));
        return switch (linode.get(id)) {
            case Answer.Ok<RemoteImage> ok
            when ok.value().isAvailable() ->
                Optional.of(adopted(
                        job,
                        ok.value(),
                        "not uploaded again: " + id + " was made for this job after the backup that the database was"
                                + " restored from"));
            case Answer.Ok<RemoteImage> pending ->
                removal.removeLeftOver(job, pending.value()).map(problem -> StepOutcome.of(job, problem));
            case Answer.NotFound<RemoteImage> gone -> Optional.empty();
            case Answer.Refused<RemoteImage> refused -> Optional.of(StepOutcome.of(job, health.judge(refused)));
        };
    }

    private StepOutcome create(JobRun run) throws InterruptedException, LeaseLostException {
        Job job = run.job();
        ImageMetadata wanted = job.metadata();
        List<String> tags = new ArrayList<>(wanted.tags());
        tags.add(ImageRecord.tag(job.id(), job.image().number()));
        NewImage image = new NewImage(
                wanted.label(),
                Objects.requireNonNull(wanted.regionOrNull(), "metadata without a region is bad-metadata"),
                wanted.description(),
                wanted.cloudInit(),
                tags);
        Answer<CreatedImage> answer = linode.create(image);
        if (isQuota(answer)) {
            answer = linode.create(image); // it was refused for sure; nobody else is held back on one such answer
        }
        return switch (answer) {
            case Answer.Ok<CreatedImage> ok -> {
                gates.open(Gate.QUOTA);
                RemoteImage made = ok.value().image();
                Job created = run.checkpoint(job.withImage(job.image()
                        .created(
                                made.id(),
                                made.statusOrNull(),
                                made.regionsOrNull(),
                                ok.value().uploadTo())));
                yield new StepOutcome.Advanced(created, JobState.UPLOADING, "created " + made.id());
            }
            case Answer.NotFound<CreatedImage> notFound ->
                throw new IllegalStateException("a create call names no image that could be missing");
            case Answer.Refused<CreatedImage> refused ->
                StepOutcome.of(
                        refused.outcomeUnknown() ? job : resolved(job),
                        isQuota(refused) ? health.accountIsFull(refused) : health.judge(refused));
        };
    }

    private static boolean isQuota(Answer<CreatedImage> answer) {
        return answer instanceof Answer.Refused<CreatedImage> refused && refused.cause() == Cause.QUOTA;
    }

    /** No image came of the call. */
    private static Job resolved(Job job) {
        return job.withImage(job.image().gone());
    }

    /** Goes on with the other's image; empty when that does not exist any more or is not available. */
    private Optional<StepOutcome> sameAs(Job other, Job job) throws InterruptedException {
        String id = other.image().idOrNull();
        if (!other.state().isEnd() || id == null) {
            return Optional.of(new StepOutcome.StillPending(
                    job,
                    DUPLICATE_PAUSE,
                    new Problem(
                            ErrorCode.DUPLICATE_IN_PROGRESS,
                            job.file() + " has the same content, region, label and cloud-init as " + other.file()
                                    + " (job " + other.id() + "), which is " + other.state()
                                    + ": this job waits for that image")));
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
            case Answer.Refused<RemoteImage> refused -> Optional.of(StepOutcome.of(job, health.judge(refused)));
        };
    }

    /** An image that is there and was available once still is, whatever its status while copies of it are made. */
    private static boolean wasAvailable(Job other) {
        return other.state() == JobState.AVAILABLE || other.image().isAvailable();
    }

    /** The image is there; copies that this job asks for may still be missing. */
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
