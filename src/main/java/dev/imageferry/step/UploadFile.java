package dev.imageferry.step;

import dev.imageferry.drop.DropFolder;
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
 * Sends the file in one PUT to the image's URL. A PUT whose answer was lost may have arrived: image and events are looked
 * at before the same bytes are sent again.
 */
public final class UploadFile implements Step {
    /** How long image and events are looked at for a PUT whose every byte went out but that got no answer. */
    public static final Duration ANSWER_DOUBT = Duration.ofMinutes(2);

    /** The bucket looks at the time once, when a PUT begins. */
    private static final Duration TO_BEGIN = Duration.ofMinutes(1);

    private final DropFolder folder;
    private final LinodeImages linode;
    private final Bucket bucket;
    private final ImageRemoval removal;
    private final TaggedImages tagged;
    private final UploadEvents fate;
    private final LinodeProbe health;
    private final Gates gates;
    private final PollSettings poll;
    private final Elapsed elapsed;
    private final JobListener listener;

    public UploadFile(
            DropFolder folder,
            LinodeImages linode,
            Bucket bucket,
            ImageRemoval removal,
            TaggedImages tagged,
            UploadEvents fate,
            LinodeProbe health,
            Gates gates,
            PollSettings poll,
            Elapsed elapsed,
            JobListener listener) {
        this.folder = folder;
        this.linode = linode;
        this.bucket = bucket;
        this.removal = removal;
        this.tagged = tagged;
        this.fate = fate;
        this.health = health;
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
            Optional<StepOutcome> known = lookForLostAnswer(job, elapsed.since(job, allBytesSentAt));
            if (known.isPresent()) {
                return known.get();
            }
            if (job.bytesInDoubt() > 0) {
                // they did not arrive: booked before as many are sent again
                return new StepOutcome.StillPending(job.withBytesSent(0), Duration.ZERO, job.errorOrNull());
            }
            // sent again; that the first may have arrived all the same stays written
        } else if (tagged.mayBeOlder(job)) {
            Optional<StepOutcome> known = lookForLaterWork(job);
            if (known.isPresent()) {
                return known.get();
            }
        }
        UploadUrl url =
                Objects.requireNonNull(job.image().uploadUrlOrNull(), "an image that waits for bytes has a URL");
        // by Linode's clock, which ours may be hours away from; as long as that is not known, the bucket has the word
        boolean expired = url.expires()
                .flatMap(end ->
                        linode.serviceTime().filter(now -> now.plus(TO_BEGIN).isAfter(end)))
                .isPresent();
        if (expired) {
            return madeAnew(
                    run,
                    new Problem(
                            ErrorCode.UPLOAD_URL_EXPIRED,
                            "the upload address of " + job.image().idOrNull() + " for " + job.file()
                                    + " is no longer valid: the image is made anew"));
        }
        Gate gate = Gate.bucket(url.host());
        Optional<Problem> closed = gates.admit(gate);
        return closed.isPresent() ? StepOutcome.of(job, closed.get()) : put(run, url, gate);
    }

    private StepOutcome put(JobRun run, UploadUrl url, Gate gate) throws InterruptedException, LeaseLostException {
        Job job = run.job();
        UploadProgress progress = run.beginPut();
        long startedNanos = System.nanoTime();
        listener.putStarted(job);
        PutResult result = null;
        boolean inDoubt = false;
        try {
            result = bucket.put(
                    url, folder.resolve(job.file()), job.checkedImage(), job.fingerprint(), run::releaseEnd, total -> {
                        listener.bytesSent(job, total - progress.bytesSent());
                        progress.sent(total);
                    });
        } finally {
            boolean stored = result instanceof PutResult.Stored;
            listener.putEnded(job, stored, progress.bytesSent(), Duration.ofNanos(System.nanoTime() - startedNanos));
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
                StepOutcome.of(sent, SourceFile.confirm(folder, sent, changed.problem()));
            case PutResult.LostLease lost -> throw new LeaseLostException(job.id());
            case PutResult.Cancelled cancelled -> throw new InterruptedException(cancelled.reason());
            case PutResult.Corrupted corrupted -> madeAnew(run, corrupted.problem());
            case PutResult.Refused refused -> {
                Problem problem = refused.problem();
                if (problem.code() == ErrorCode.UPLOAD_URL_EXPIRED) {
                    // an earlier PUT may have arrived after it was looked for
                    Optional<StepOutcome> known = job.image().allBytesSentAtOrNull() == null
                            ? Optional.empty()
                            : lookForLostAnswer(sent.withImage(job.image()), ANSWER_DOUBT);
                    yield known.isPresent() ? known.get() : madeAnew(run, problem);
                }
                // it answered: whatever this PUT sent is not stored; of an earlier one we know no more than before
                Job again = sent.withImage(job.image());
                if (refused.cause() == Cause.JOB && job.image().allBytesSentAtOrNull() != null) {
                    yield refusedAgain(run, again, problem);
                }
                boolean asksForRest = refused.cause() == Cause.RATE_LIMITED
                        || (refused.cause() == Cause.SERVER
                                && problem.retryAfter().isPresent());
                yield StepOutcome.of(again, asksForRest ? unavailable(gate, problem) : problem);
            }
            case PutResult.Broken broken -> {
                Problem problem = health.judgeBroken(broken.problem());
                boolean noConnection = progress.bytesSent() == 0 && broken.cause() == Cause.UNREACHABLE;
                yield StepOutcome.of(
                        sent,
                        noConnection && problem.code() != ErrorCode.LINODE_UNAVAILABLE
                                ? unavailable(gate, problem)
                                : problem);
            }
        };
    }

    /** The bucket's host is down or asks for rest: not this job's fault. */
    private Problem unavailable(Gate gate, Problem problem) {
        Problem outage = new Problem(ErrorCode.BUCKET_UNAVAILABLE, problem.message(), problem.retryAfterOrNull());
        gates.close(gate, outage);
        return outage;
    }

    /** Whether nobody told what became of the bytes; null when the PUT was interrupted. */
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

    /** By what the bytes of a PUT that did not succeed are booked; null when it was interrupted. */
    private static ErrorCode code(@Nullable PutResult result) {
        return switch (result) {
            case null -> ErrorCode.INSTANCE_LOST;
            case PutResult.Stored stored -> throw new IllegalArgumentException("nothing of it is wasted");
            case PutResult.FileChanged changed -> changed.problem().code();
            case PutResult.LostLease lost -> ErrorCode.INSTANCE_LOST;
            case PutResult.Cancelled cancelled -> ErrorCode.INSTANCE_LOST;
            case PutResult.Corrupted corrupted -> corrupted.problem().code();
            case PutResult.Refused refused -> refused.problem().code();
            case PutResult.Broken broken -> broken.problem().code();
        };
    }

    /**
     * Deletes the image, so that the next attempt begins with a new one. That it has to go is committed first: a deletion
     * that fails, or a daemon that dies before it, must not leave a row that says that all bytes arrived.
     */
    private StepOutcome madeAnew(JobRun run, Problem why) throws InterruptedException, LeaseLostException {
        Job job = run.job();
        job = run.checkpoint(job.withBytesSent(0).withImage(job.image().corrupted()));
        Optional<Problem> problem = removal.remove(run);
        return problem.isPresent()
                ? StepOutcome.of(job, problem.get())
                : StepOutcome.of(job.withImage(job.image().gone()), why);
    }

    /**
     * The earlier PUT of the same bytes may have arrived, so that the bucket takes no second one. When nothing shows it even
     * now, the image is made anew: not by the job's fault, so nothing is charged.
     */
    private StepOutcome refusedAgain(JobRun run, Job job, Problem problem)
            throws InterruptedException, LeaseLostException {
        Optional<StepOutcome> known = lookForLostAnswer(job, ANSWER_DOUBT);
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
                        "image " + job.image().idOrNull() + " is made anew: the answer to the first PUT was lost, and "
                                + problem.message());
    }

    /** The row may be from a backup. Empty when the image waits for the bytes, as the row says. */
    private Optional<StepOutcome> lookForLaterWork(Job job) throws InterruptedException {
        String id = Objects.requireNonNull(job.image().idOrNull(), "an image that waits for bytes has an id");
        return switch (linode.get(id)) {
            case Answer.Ok<RemoteImage> ok when ok.value().hasItsBytes() -> Optional.of(arrived(seen(job, ok.value())));
            case Answer.Ok<RemoteImage> waiting -> Optional.empty();
            case Answer.Refused<RemoteImage> refused -> Optional.of(StepOutcome.of(job, health.judge(refused)));
            case Answer.NotFound<RemoteImage> gone ->
                switch (tagged.of(job)) {
                    case TaggedImages.Found.Unknown unknown ->
                        Optional.of(StepOutcome.of(job, health.judge(unknown.why())));
                    case TaggedImages.Found.Images ahead
                    when ahead.images().isEmpty() -> Optional.of(fate.gone(job, id));
                    case TaggedImages.Found.Images ahead ->
                        Optional.of(new StepOutcome.Advanced(
                                job.withImage(job.image().gone()),
                                JobState.UPLOADING,
                                "image " + id + " is gone, and a later one was made after the backup that the database"
                                        + " was restored from"));
                };
        };
    }

    /** Empty when nothing shows that the bytes arrived: they are to be sent again. */
    private Optional<StepOutcome> lookForLostAnswer(Job job, Duration since) throws InterruptedException {
        String id = Objects.requireNonNull(job.image().idOrNull(), "bytes were sent to an image");
        return switch (linode.get(id)) {
            case Answer.NotFound<RemoteImage> gone -> Optional.of(fate.gone(job, id));
            case Answer.Refused<RemoteImage> refused -> Optional.of(StepOutcome.of(job, health.judge(refused)));
            case Answer.Ok<RemoteImage> ok -> {
                Job seen = seen(job, ok.value());
                if (ok.value().hasItsBytes()) {
                    yield Optional.of(arrived(seen));
                }
                yield switch (fate.ask(seen, id)) {
                    case UploadEvents.Told.Finished finished -> Optional.of(arrived(seen));
                    case UploadEvents.Told.Failed failed -> Optional.of(StepOutcome.of(seen, failed.problem()));
                    case UploadEvents.Told.Unknown unknown -> Optional.of(StepOutcome.of(seen, unknown.problem()));
                    case UploadEvents.Told.Nothing nothing ->
                        since.compareTo(ANSWER_DOUBT) >= 0
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
        // a row from a backup does not know when they were sent; without a time the image would look corrupted
        ImageRecord sent =
                job.image().allBytesSentAtOrNull() == null ? job.image().allBytesSent(job.updatedAt()) : job.image();
        return new StepOutcome.Advanced(
                job.withBytesSent(job.fingerprint().bytes()).withImage(sent.uploaded()),
                JobState.PROCESSING,
                "the answer to the PUT was lost, but the bytes had arrived");
    }
}
