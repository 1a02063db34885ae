package dev.imageferry.daemon;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.queue.Claim;
import dev.imageferry.worker.JobListener;
import dev.imageferry.worker.StepResult;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The job metrics of this instance. All known label values are registered at zero from the start, so that {@code rate()} sees
 * the first increase.
 */
final class JobMetrics implements JobListener {
    /** Histogram buckets from 10 milliseconds, because small files are checked quickly. */
    private static final Duration[] CHECK_BUCKETS = seconds(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600);

    /** Histogram buckets from seconds to a day. */
    private static final Duration[] BUCKETS =
            seconds(1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400);

    private final MeterRegistry registry;
    private final AtomicInteger uploadsInProgress = new AtomicInteger();
    private final Timer upload;
    private final Timer check;
    private final Timer processing;
    private final Timer queueWait;
    private final Timer job;
    private final Counter takeovers;
    private final Counter fencedWrites;
    private final Counter orphansDeleted;
    private final Counter imagesPruned;

    /**
     * Registers all series.
     *
     * @param knownRegions regions to register from the start
     */
    JobMetrics(MeterRegistry registry, int uploadSlots, Collection<String> knownRegions) {
        this.registry = registry;
        knownRegions.forEach(region -> {
            sentBytes(region);
            uploadedBytes(region);
        });
        for (JobState from : JobState.values()) {
            from.successors().forEach(to -> transitions(from, to));
        }
        for (ErrorCode code : ErrorCode.values()) {
            wastedCounter(code);
            for (Work work : Work.values()) {
                attempts(work, Ending.of(code), code.wireName());
            }
            switch (code.consequence()) {
                case REJECT -> finishedCounter(JobState.REJECTED, code.wireName());
                case CANCEL -> finishedCounter(JobState.CANCELLED, code.wireName());
                case FAIL, RETRY -> finishedCounter(JobState.FAILED, code.wireName());
                case WAIT -> {}
            }
        }
        finishedCounter(JobState.AVAILABLE, "");
        for (Work work : Work.values()) {
            attempts(work, Ending.DONE, "");
            attempts(work, Ending.INTERRUPTED, "");
        }
        upload = timer(
                "imageferry_upload", "Duration of successful PUTs, from the connection to the answer of the bucket");
        check = timer("imageferry_check", "Duration of file checks", CHECK_BUCKETS);
        processing =
                timer("imageferry_processing", "Time from the last byte of an upload until the image was available");
        queueWait = timer("imageferry_queue_wait", "Time from the creation of a job until its check started");
        job = timer("imageferry_job", "Time from the creation of a job until AVAILABLE, for successful jobs");
        takeovers = counter(
                "imageferry_takeovers",
                "Jobs that this instance took over after the lease of another instance, or of its own previous process, expired");
        fencedWrites = counter(
                "imageferry_fenced_writes",
                "Writes of this instance that changed nothing because another instance held the job");
        orphansDeleted = counter(
                "imageferry_orphans_deleted", "Left-over images that were found by their tag and deleted at Linode");
        imagesPruned = counter(
                "imageferry_images_pruned", "Images that were deleted at Linode because their family keeps fewer");
        Gauge.builder("imageferry_uploads_in_progress", uploadsInProgress, AtomicInteger::get)
                .description("Uploads in progress on this instance")
                .register(registry);
        Gauge.builder("imageferry_upload_slots", () -> uploadSlots)
                .description("Maximum number of concurrent uploads on this instance (imageferry.upload.concurrency)")
                .register(registry);
    }

    /** The kind of work of an attempt. */
    enum Work {
        CONVERT,
        CHECK,
        UPLOAD,
        PROCESS,
        REPLICATE;

        static @Nullable Work of(JobState state) {
            return switch (state) {
                case CONVERTING -> CONVERT;
                case CHECKING -> CHECK;
                case UPLOADING -> UPLOAD;
                case PROCESSING -> PROCESS;
                case REPLICATING -> REPLICATE;
                case QUEUED, READY, AVAILABLE, REJECTED, FAILED, CANCELLED -> null;
            };
        }
    }

    private enum Ending {
        DONE,
        RETRY,
        WAIT,
        GAVE_UP,
        INTERRUPTED;

        static Ending of(ErrorCode code) {
            return switch (code.consequence()) {
                case REJECT, FAIL, CANCEL -> GAVE_UP;
                case RETRY -> RETRY;
                case WAIT -> WAIT;
            };
        }
    }

    @Override
    public void claimed(Claim claim) {
        Job job = claim.job();
        if (claim.from() != job.state()) {
            transitions(claim.from(), job.state()).increment();
        }
        if (claim.from() == JobState.QUEUED) {
            queueWait.record(Duration.between(job.createdAt(), job.updatedAt()));
        }
        if (claim.lostInstanceOrNull() != null) {
            takeovers.increment();
            wastedCounter(ErrorCode.INSTANCE_LOST).increment((double) claim.lostBytes());
        }
    }

    @Override
    public void recorded(StepResult result) {
        stepEnded(result.before().state(), result.outcome());
        result.transfer().wasted().forEach((code, bytes) -> wastedCounter(code).increment((double) bytes));
        if (result.transfer().arrived() > 0) {
            uploadedBytes(region(result.before()))
                    .increment((double) result.transfer().arrived());
        }
        if (result.isTransition()) {
            entered(result.before(), result.after());
        }
    }

    private void entered(Job before, Job after) {
        transitions(before.state(), after.state()).increment();
        boolean succeeded = after.state() == JobState.REPLICATING || after.state() == JobState.AVAILABLE;
        if (before.state() == JobState.PROCESSING && succeeded) {
            processing.record(Duration.between(before.stateSince(), after.updatedAt()));
        }
        if (after.state() == JobState.AVAILABLE) {
            job.record(Duration.between(after.createdAt(), after.updatedAt()));
            finishedCounter(JobState.AVAILABLE, "").increment();
        } else if (after.state().isEnd()) {
            finishedCounter(
                            after.state(),
                            after.error()
                                    .map(Problem::code)
                                    .map(ErrorCode::wireName)
                                    .orElse(""))
                    .increment();
        }
    }

    /** Counts the end of an attempt. A {@code StillPending} outcome does not end one. */
    private void stepEnded(JobState state, StepOutcome outcome) {
        Work work = Work.of(state);
        if (work == null) {
            return;
        }
        switch (outcome) {
            case StepOutcome.Advanced advanced ->
                attempts(work, Ending.DONE, "").increment();
            case StepOutcome.RetryLater retry -> attemptEnded(work, retry.problem());
            case StepOutcome.GaveUp gaveUp -> attemptEnded(work, gaveUp.problem());
            case StepOutcome.Interrupted interrupted ->
                attempts(work, Ending.INTERRUPTED, "").increment();
            case StepOutcome.StillPending pending -> {}
            case StepOutcome.Archived archived -> {}
        }
    }

    private void attemptEnded(Work work, Problem problem) {
        attempts(work, Ending.of(problem.code()), problem.code().wireName()).increment();
    }

    @Override
    public void leaseLost(Job lost) {
        fencedWrites.increment();
    }

    @Override
    public void retried(Job ended, Job again) {
        transitions(ended.state(), again.state()).increment();
    }

    @Override
    public void putStarted(Job sent) {
        uploadsInProgress.incrementAndGet();
    }

    @Override
    public void bytesSent(Job sent, long bytes) {
        sentBytes(region(sent)).increment((double) bytes);
    }

    @Override
    public void putEnded(Job sent, boolean stored, long bytes, Duration duration) {
        uploadsInProgress.decrementAndGet();
        if (stored) {
            upload.record(duration);
            uploadedBytes(region(sent)).increment((double) bytes);
        }
    }

    @Override
    public void fileChecked(Job checked, Duration duration) {
        check.record(duration);
    }

    @Override
    public void leftOverDeleted(String imageId) {
        orphansDeleted.increment();
    }

    @Override
    public void imagePruned(String imageId, String family) {
        imagesPruned.increment();
    }

    <T> void gauge(String name, String description, T source, ToDoubleFunction<T> value) {
        Gauge.builder(name, source, value)
                .description(description)
                .strongReference(true)
                .register(registry);
    }

    void gauge(String name, String label, String labelValue, String description, Supplier<Number> value) {
        Gauge.builder(name, value)
                .tag(label, labelValue)
                .description(description)
                .register(registry);
    }

    private static String region(Job job) {
        return Objects.requireNonNullElse(job.metadata().regionOrNull(), "");
    }

    private Counter sentBytes(String region) {
        return counter("imageferry_sent_bytes", "Bytes of files sent, including wasted ones", "region", region);
    }

    private Counter uploadedBytes(String region) {
        return counter("imageferry_uploaded_bytes", "Bytes of completed uploads", "region", region);
    }

    private Counter transitions(JobState from, JobState to) {
        return counter(
                "imageferry_job_transitions",
                "State transitions of jobs that this instance recorded",
                "from",
                from.name(),
                "to",
                to.name());
    }

    private Counter finishedCounter(JobState outcome, String code) {
        return counter(
                "imageferry_jobs_finished",
                "Jobs that this instance finished; code is the error code, empty for AVAILABLE",
                "outcome",
                outcome.name(),
                "code",
                code);
    }

    private Counter attempts(Work work, Ending ending, String code) {
        return counter(
                "imageferry_attempts",
                "Ended attempts of steps: done; retry (uses up an attempt of the job); wait (uses up none, because of an"
                        + " outage); gave-up; interrupted (by a shutdown or a lost lease)",
                "step",
                work.name().toLowerCase(Locale.ROOT),
                "outcome",
                ending.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                "code",
                code);
    }

    private Counter wastedCounter(ErrorCode code) {
        return counter(
                "imageferry_wasted_bytes",
                "Bytes sent by uploads that failed, by error code; the instance that takes over a job counts the bytes of"
                        + " a dead instance as instance-lost",
                "code",
                code.wireName());
    }

    private Counter counter(String name, String description, String... labels) {
        return Counter.builder(name).description(description).tags(labels).register(registry);
    }

    private Timer timer(String name, String description) {
        return timer(name, description, BUCKETS);
    }

    private Timer timer(String name, String description, Duration... buckets) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(buckets)
                .register(registry);
    }

    private static Duration[] seconds(double... bounds) {
        return Arrays.stream(bounds)
                .mapToObj(bound -> Duration.ofMillis(Math.round(bound * 1000)))
                .toArray(Duration[]::new);
    }
}
