package dev.imageferry.step;

import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.PreparedFiles;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.job.UploadProgress;
import dev.imageferry.job.UploadUrl;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Bucket;
import dev.imageferry.linode.Cause;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.PutResult;
import dev.imageferry.linode.RemoteImage;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.JobListener;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.LeaseLostException;
import dev.imageferry.worker.LinodeProbe;
import dev.imageferry.worker.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Sends the file in one PUT to the upload URL of the image. After a lost answer it first checks the image and its events,
 * because the bytes may have arrived.
 */
public final class UploadFile implements Step {
    /** How long the image and its events are checked after the answer to a complete PUT was lost. */
    public static final Duration ANSWER_GRACE = Duration.ofMinutes(2);

    /** Time to start the PUT. The bucket checks the expiry only then. */
    private static final Duration START_MARGIN = Duration.ofMinutes(1);

    /** How long before the end of a PUT the next job starts, which first has to create its image. */
    private static final Duration NEXT_STARTS_BEFORE = Duration.ofSeconds(2);

    private final DropFolder folder;
    private final PreparedFiles prepared;
    private final LinodeImages linode;
    private final Bucket bucket;
    private final ImageRemoval removal;
    private final TaggedImages tagged;
    private final UploadEvents events;
    private final LinodeProbe probe;
    private final Gates gates;
    private final PollSettings poll;
    private final Elapsed elapsed;
    private final JobListener listener;

    public UploadFile(
            DropFolder folder,
            PreparedFiles prepared,
            LinodeImages linode,
            Bucket bucket,
            ImageRemoval removal,
            TaggedImages tagged,
            UploadEvents events,
            LinodeProbe probe,
            Gates gates,
            PollSettings poll,
            Elapsed elapsed,
            JobListener listener) {
        this.folder = folder;
        this.prepared = prepared;
        this.linode = linode;
        this.bucket = bucket;
        this.removal = removal;
        this.tagged = tagged;
        this.events = events;
        this.probe = probe;
        this.gates = gates;
        this.poll = poll;
        this.elapsed = elapsed;
        this.listener = listener;
    }

    @Override
    public StepOutcome run(JobRun run) throws InterruptedException, LeaseLostException {
        Job job = run.job();
        Instant allBytesSentAt = job.image().allBytesSentAtOrNull();
        if (allBytesSentAt != null) {
            Optional<StepOutcome> known = checkLostAnswer(job, elapsed.since(job, allBytesSentAt));
            if (known.isPresent()) {
                return known.get();
            }
            if (job.bytesInDoubt() > 0) {
                // the bytes did not arrive: count them as wasted before sending again
                return new StepOutcome.StillPending(job.withBytesSent(0), Duration.ZERO, job.errorOrNull());
            }
            // allBytesSentAt stays in the row, because the first PUT may still turn out to have arrived
        } else if (tagged.mayBeOlder(job)) {
            Optional<StepOutcome> known = checkRestoredRow(job);
            if (known.isPresent()) {
                return known.get();
            }
        }
        UploadUrl url =
                Objects.requireNonNull(job.image().uploadUrlOrNull(), "an image that waits for bytes has a URL");
        // compared with Linode's clock; while that is unknown, the bucket decides
        boolean expired = url.expires()
                .flatMap(end -> linode.serviceTime()
                        .filter(now -> now.plus(START_MARGIN).isAfter(end)))
                .isPresent();
        if (expired) {
            return recreate(
                    run,
                    new Problem(
                            ErrorCode.UPLOAD_URL_EXPIRED,
                            "The upload URL of " + job.image().idOrNull() + " for " + job.file()
                                    + " has expired. The image is created again"));
        }
        Gate gate = Gate.bucket(url.host());
        Optional<Problem> closed = gates.admit(gate);
        return closed.isPresent() ? StepOutcome.of(job, closed.get()) : put(run, url, gate);
    }

    private StepOutcome put(JobRun run, UploadUrl url, Gate gate) throws InterruptedException, LeaseLostException {
        Job job = run.job();
        UploadProgress progress = run.startProgress();
        long startedNanos = System.nanoTime();
        listener.putStarted(job);
        PutResult result = null;
        boolean inDoubt = false;
        try {
            result = bucket.put(
                    url,
                    job.preparedOrNull() == null ? folder.resolve(job.file()) : prepared.of(job),
                    job.checkedImage(),
                    job.uploadedFile(),
                    run::releaseFinalBytes,
                    total -> {
                        listener.bytesSent(job, total - progress.bytesSent());
                        progress.sent(total);
                        if (progress.endsWithin(
                                NEXT_STARTS_BEFORE, job.uploadedFile().bytes(), since(startedNanos))) {
                            run.freeSlot();
                        }
                    });
        } finally {
            boolean stored = result instanceof PutResult.Stored;
            listener.putEnded(job, stored, progress.bytesSent(), since(startedNanos));
            inDoubt = isUnanswered(result)
                    && !Objects.equals(
                            run.job().image().allBytesSentAtOrNull(),
                            job.image().allBytesSentAtOrNull());
            if (inDoubt) {
                run.advanceTo(run.job().withBytesSent(progress.bytesSent()));
            } else if (!stored) {
                run.wasted(progress.bytesSent(), code(result));
            }
        }
        if (!(result instanceof PutResult.Broken) || progress.bytesSent() > 0) {
            gates.open(gate);
        }
        Job sent = inDoubt ? run.job() : run.job().withBytesSent(0);
        return switch (result) {
            case PutResult.Stored stored ->
                new StepOutcome.Advanced(
                        run.job()
                                .withBytesSent(stored.bytes())
                                .withImage(run.job().image().uploaded()),
                        JobState.PROCESSING,
                        "sent " + stored.bytes() + " bytes");
            case PutResult.FileChanged changed ->
                job.preparedOrNull() != null && !prepared.isThere(job)
                        ? SourceFile.toConvertAgain(sent)
                        : StepOutcome.of(sent, SourceFile.confirm(folder, sent, changed.problem()));
            case PutResult.LostLease lost -> throw new LeaseLostException(job.id());
            case PutResult.Cancelled cancelled -> throw new InterruptedException(cancelled.reason());
            case PutResult.Corrupted corrupted -> recreate(run, corrupted.problem());
            case PutResult.Refused refused -> {
                Problem problem = refused.problem();
                if (problem.code() == ErrorCode.UPLOAD_URL_EXPIRED) {
                    // an earlier PUT may have arrived after the last check
                    Optional<StepOutcome> known = job.image().allBytesSentAtOrNull() == null
                            ? Optional.empty()
                            : checkLostAnswer(sent.withImage(job.image()), ANSWER_GRACE);
                    yield known.isPresent() ? known.get() : recreate(run, problem);
                }
                // the bucket did not store this PUT; whether an earlier one arrived is still unknown
                Job again = sent.withImage(job.image());
                if (refused.cause() == Cause.JOB && job.image().allBytesSentAtOrNull() != null) {
                    yield repeatedPutRefused(run, again, problem);
                }
                boolean asksForPause = refused.cause() == Cause.RATE_LIMITED
                        || (refused.cause() == Cause.SERVER
                                && problem.retryAfter().isPresent());
                yield StepOutcome.of(again, asksForPause ? unavailable(gate, problem) : problem);
            }
            case PutResult.Broken broken -> {
                Problem problem = probe.judgeBroken(broken.problem());
                boolean noConnection = progress.bytesSent() == 0 && broken.cause() == Cause.UNREACHABLE;
                yield StepOutcome.of(
                        sent,
                        noConnection && problem.code() != ErrorCode.LINODE_UNAVAILABLE
                                ? unavailable(gate, problem)
                                : problem);
            }
        };
    }

    private static Duration since(long startedNanos) {
        return Duration.ofNanos(System.nanoTime() - startedNanos);
    }

    /** Closes the gate of the bucket, because its host is down or asks for a pause. */
    private Problem unavailable(Gate gate, Problem problem) {
        Problem outage = new Problem(ErrorCode.BUCKET_UNAVAILABLE, problem.message(), problem.retryAfterOrNull());
        gates.close(gate, outage);
        return outage;
    }

    /** Whether it is unknown if the bytes arrived. The result is null if the PUT was interrupted. */
    private static boolean isUnanswered(@Nullable PutResult result) {
        return switch (result) {
            case null -> true;
            case PutResult.Cancelled cancelled -> true;
            case PutResult.Broken broken -> true;
            case PutResult.Stored stored -> false;
            case PutResult.FileChanged changed -> false;
            case PutResult.LostLease lost -> false;
            case PutResult.Corrupted corrupted -> false;
            case PutResult.Refused refused -> false;
        };
    }

    /** The code under which wasted bytes are counted. The result is null if the PUT was interrupted. */
    private static ErrorCode code(@Nullable PutResult result) {
        return switch (result) {
            case null -> ErrorCode.INSTANCE_LOST;
            case PutResult.Stored stored -> throw new IllegalArgumentException("a stored PUT wastes no bytes");
            case PutResult.FileChanged changed -> changed.problem().code();
            case PutResult.LostLease lost -> ErrorCode.INSTANCE_LOST;
            case PutResult.Cancelled cancelled -> ErrorCode.INSTANCE_LOST;
            case PutResult.Corrupted corrupted -> corrupted.problem().code();
            case PutResult.Refused refused -> refused.problem().code();
            case PutResult.Broken broken -> broken.problem().code();
        };
    }

    /**
     * Deletes the image, so that the next attempt creates a new one. The intent is committed first, so that a failed deletion or
     * a crash does not leave a row that says that all bytes arrived.
     */
    private StepOutcome recreate(JobRun run, Problem why) throws InterruptedException, LeaseLostException {
        Job job = run.job();
        job = run.checkpoint(job.withBytesSent(0).withImage(job.image().corrupted()));
        Optional<Problem> problem = removal.remove(run);
        return problem.isPresent()
                ? StepOutcome.of(job, problem.get())
                : StepOutcome.of(job.withImage(job.image().gone()), why);
    }

    /**
     * The bucket may refuse the PUT because an earlier one has arrived. If nothing shows that, the image is created again, which
     * uses up no attempt.
     */
    private StepOutcome repeatedPutRefused(JobRun run, Job job, Problem problem)
            throws InterruptedException, LeaseLostException {
        Optional<StepOutcome> known = checkLostAnswer(job, ANSWER_GRACE);
        if (known.isPresent()) {
            return known.get();
        }
        Job corrupted = run.checkpoint(job.withImage(job.image().corrupted()));
        Optional<Problem> hindrance = removal.remove(run);
        return hindrance.isPresent()
                ? StepOutcome.of(corrupted, hindrance.get())
                : new StepOutcome.Advanced(
                        corrupted.withImage(corrupted.image().gone()),
                        JobState.UPLOADING,
                        "image " + job.image().idOrNull()
                                + " is created again: the answer to the first PUT was lost, and " + problem.message());
    }

    /** Checks Linode for a row that may come from a backup. Empty if the image waits for bytes, as the row says. */
    private Optional<StepOutcome> checkRestoredRow(Job job) throws InterruptedException {
        String id = Objects.requireNonNull(job.image().idOrNull(), "an image that waits for bytes has an id");
        return switch (linode.get(id)) {
            case Answer.Ok<RemoteImage> ok when ok.value().hasItsBytes() -> Optional.of(arrived(seen(job, ok.value())));
            case Answer.Ok<RemoteImage> waiting -> Optional.empty();
            case Answer.Refused<RemoteImage> refused -> Optional.of(StepOutcome.of(job, refused.problem()));
            case Answer.NotFound<RemoteImage> gone ->
                switch (tagged.of(job)) {
                    case TaggedImages.Found.Unknown unknown -> Optional.of(StepOutcome.of(job, unknown.problem()));
                    case TaggedImages.Found.Images ahead
                    when ahead.images().isEmpty() -> Optional.of(events.gone(job, id));
                    case TaggedImages.Found.Images ahead ->
                        Optional.of(new StepOutcome.Advanced(
                                job.withImage(job.image().gone()),
                                JobState.UPLOADING,
                                "image " + id + " is gone, and a later one was created after the backup from which the"
                                        + " database was restored"));
                };
        };
    }

    /** Empty if nothing shows that the bytes arrived, so that they must be sent again. */
    private Optional<StepOutcome> checkLostAnswer(Job job, Duration since) throws InterruptedException {
        String id = Objects.requireNonNull(job.image().idOrNull(), "bytes were sent to an image");
        return switch (linode.get(id)) {
            case Answer.NotFound<RemoteImage> gone -> Optional.of(events.gone(job, id));
            case Answer.Refused<RemoteImage> refused -> Optional.of(StepOutcome.of(job, refused.problem()));
            case Answer.Ok<RemoteImage> ok -> {
                Job seen = seen(job, ok.value());
                if (ok.value().hasItsBytes()) {
                    yield Optional.of(arrived(seen));
                }
                yield switch (events.verdict(seen, id)) {
                    case UploadEvents.Verdict.Finished finished -> Optional.of(arrived(seen));
                    case UploadEvents.Verdict.Failed failed -> Optional.of(StepOutcome.of(seen, failed.problem()));
                    case UploadEvents.Verdict.Unknown unknown -> Optional.of(StepOutcome.of(seen, unknown.problem()));
                    case UploadEvents.Verdict.Nothing nothing ->
                        since.compareTo(ANSWER_GRACE) >= 0
                                ? Optional.empty()
                                : Optional.of(
                                        new StepOutcome.StillPending(seen, poll.delayAfter(since), seen.errorOrNull()));
                };
            }
        };
    }

    private static Job seen(Job job, RemoteImage image) {
        return job.withImage(job.image().seen(image.statusOrNull(), image.regionsOrNull()));
    }

    private static StepOutcome arrived(Job job) {
        // a row from a backup lacks this time, and without it the image would count as corrupted
        ImageRecord sent =
                job.image().allBytesSentAtOrNull() == null ? job.image().allBytesSent(job.updatedAt()) : job.image();
        return new StepOutcome.Advanced(
                job.withBytesSent(job.uploadedFile().bytes()).withImage(sent.uploaded()),
                JobState.PROCESSING,
                "the answer to the PUT was lost, but the bytes had arrived");
    }
}
