package dev.imageferry.upload;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.JobState;
import dev.imageferry.job.StepOutcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of this instance. No file name and no id is a label; every known label value is there from the start, at
 * zero, so that a first increase shows in {@code rate()}.
 */
final class UploadMetrics {
    /** Uploads take seconds to hours; neighbours are a factor of two or three apart, which is what a quantile is good to. */
    private static final Duration[] BUCKETS = {
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofMinutes(1),
        Duration.ofMinutes(2),
        Duration.ofMinutes(5),
        Duration.ofMinutes(10),
        Duration.ofMinutes(20),
        Duration.ofMinutes(30),
        Duration.ofHours(1),
        Duration.ofHours(2),
        Duration.ofHours(4),
        Duration.ofHours(8),
        Duration.ofHours(24)
    };

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

    /**
     * Registers all series.
     *
     * @param knownRegions of which it is known from the start that images go there
     */
    UploadMetrics(MeterRegistry registry, int uploadSlots, Collection<String> knownRegions) {
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
                "imageferry_upload", "How long a PUT took that succeeded, from the connection to the bucket's answer");
        check = timer("imageferry_check", "How long a file took to be read and checked before it was uploaded");
        processing = timer(
                "imageferry_processing",
                "How long Linode took from the last byte of an upload until the image was available");
        queueWait = timer("imageferry_queue_wait", "How long a file waited from becoming a job until its check began");
        job = timer("imageferry_job", "How long a file that became an image took from becoming a job to AVAILABLE");
        takeovers = counter(
                "imageferry_takeovers",
                "Jobs that this instance took over from another one, or from its own last run, whose lease had run out");
        fencedWrites = counter(
                "imageferry_fenced_writes",
                "Writes of this instance that the job table refused because another one had the job by then");
        orphansDeleted = counter(
                "imageferry_orphans_deleted",
                "Images at Linode that lost answers had left over, found by their tag and deleted");
        Gauge.builder("imageferry_uploads_in_progress", uploadsInProgress, AtomicInteger::get)
                .description("Uploads that this instance is sending now")
                .register(registry);
        Gauge.builder("imageferry_upload_slots", () -> uploadSlots)
                .description("Uploads that this instance may send at a time (imageferry.upload.concurrency)")
                .register(registry);
    }

    /** What an attempt was about. */
    enum Work {
        CHECK,
        UPLOAD,
        PROCESS,
        REPLICATE;

        static @Nullable Work of(JobState state) {
            return switch (state) {
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

    void transition(JobState from, JobState to) {
        transitions(from, to).increment();
    }

    /** A step of a job in the given state has ended. Waiting for Linode in the normal course is no attempt's end. */
    void stepEnded(JobState state, StepOutcome outcome) {
        Work work = Work.of(state);
        if (work == null) {
            return;
        }
        switch (outcome) {
            case StepOutcome.Advanced advanced ->
                attempts(work, Ending.DONE, "").increment();
            case StepOutcome.StillPending pending -> {}
            case StepOutcome.RetryLater retry ->
                attempts(
                                work,
                                Ending.of(retry.problem().code()),
                                retry.problem().code().wireName())
                        .increment();
            case StepOutcome.GaveUp gaveUp ->
                attempts(work, Ending.GAVE_UP, gaveUp.problem().code().wireName())
                        .increment();
            case StepOutcome.Interrupted interrupted ->
                attempts(work, Ending.INTERRUPTED, "").increment();
        }
    }

    void finished(JobState outcome, @Nullable ErrorCode code) {
        // one that was retried keeps its last error to the end: for one that is AVAILABLE it says nothing
        String why = code == null || outcome == JobState.AVAILABLE ? "" : code.wireName();
        finishedCounter(outcome, why).increment();
    }

    void wasted(long bytes, ErrorCode code) {
        wastedCounter(code).increment((double) bytes);
    }

    Timer check() {
        return check;
    }

    Timer processing() {
        return processing;
    }

    Timer queueWait() {
        return queueWait;
    }

    Timer job() {
        return job;
    }

    Counter takeovers() {
        return takeovers;
    }

    Counter fencedWrites() {
        return fencedWrites;
    }

    Counter orphansDeleted() {
        return orphansDeleted;
    }

    int uploadsInProgress() {
        return uploadsInProgress.get();
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

    /** Bytes of a PUT whose answer was lost and that were found at Linode afterwards. */
    void arrived(@Nullable String region, long bytes) {
        if (bytes > 0) {
            uploadedBytes(regionLabel(region)).increment((double) bytes);
        }
    }

    /** A PUT that runs: counts its bytes as they leave. */
    Sending sending(@Nullable String region) {
        uploadsInProgress.incrementAndGet();
        return new Sending(regionLabel(region));
    }

    /** One PUT's share of the counters. {@link #sent} is for the PUT's thread alone. */
    final class Sending {
        private final String region;
        private final Counter sent;
        private final long startedNanos = System.nanoTime();
        private long counted;

        private Sending(String region) {
            this.region = region;
            this.sent = sentBytes(region);
        }

        void sent(long total) {
            sent.increment((double) (total - counted));
            counted = total;
        }

        void ended(boolean stored) {
            uploadsInProgress.decrementAndGet();
            if (stored) {
                upload.record(Duration.ofNanos(System.nanoTime() - startedNanos));
                uploadedBytes(region).increment((double) counted);
            }
        }
    }

    private static String regionLabel(@Nullable String region) {
        return Objects.requireNonNullElse(region, "");
    }

    private Counter sentBytes(String region) {
        return counter(
                "imageferry_sent_bytes", "Bytes of files as they leave, whatever becomes of them", "region", region);
    }

    private Counter uploadedBytes(String region) {
        return counter("imageferry_uploaded_bytes", "Bytes of uploads that arrived as a whole", "region", region);
    }

    private Counter transitions(JobState from, JobState to) {
        return counter(
                "imageferry_job_transitions",
                "Changes of a job's state that this instance wrote",
                "from",
                from.name(),
                "to",
                to.name());
    }

    private Counter finishedCounter(JobState outcome, String code) {
        return counter(
                "imageferry_jobs_finished",
                "Jobs that this instance brought to their end; code says why, and is empty for AVAILABLE",
                "outcome",
                outcome.name(),
                "code",
                code);
    }

    private Counter attempts(Work work, Ending ending, String code) {
        return counter(
                "imageferry_attempts",
                "Steps of jobs that ended: done; retry (counted as an attempt of the job); wait (not counted: something outside is away);"
                        + " gave-up; interrupted (by a shutdown or a lost lease)",
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
                "Bytes that left for nothing, by what ended their upload; those of an instance that died are instance-lost, counted by"
                        + " the one that took its job over",
                "code",
                code.wireName());
    }

    private Counter counter(String name, String description, String... labels) {
        return Counter.builder(name).description(description).tags(labels).register(registry);
    }

    private Timer timer(String name, String description) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }
}
