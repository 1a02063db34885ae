package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A job as the page shows it. Templates call the public methods.
 *
 * @param hold why checked jobs are not uploaded at the moment; empty if nothing prevents uploads
 * @param now the time to which times are relative
 */
record JobCard(JobView job, String hold, Instant now) {
    static JobCard of(JobView job, QueueView.Summary summary, Instant now) {
        return new JobCard(job, hold(summary), now);
    }

    private static String hold(QueueView.Summary summary) {
        return summary.blocked().stream()
                .findFirst()
                .map(blocked -> Frame.ClosedGate.of(blocked, Instant.EPOCH).title())
                .orElse(summary.paused() ? "uploads are paused" : "");
    }

    public String stateName() {
        return PageText.name(job.state());
    }

    /** The word for the state column: a job that waits for its next attempt does not look like a running one. */
    public String activity() {
        if (isStalled()) {
            return "Incomplete";
        }
        return switch (job.state()) {
            case CONVERTING, CHECKING, UPLOADING, PROCESSING, REPLICATING -> isRunning() ? stateName() : "Waiting";
            case QUEUED, READY, AVAILABLE, REJECTED, FAILED, CANCELLED -> stateName();
        };
    }

    /** The icon of the state column, in {@code page/icons.svg}. */
    public String icon() {
        return isStalled()
                ? "stalled"
                : isWaiting() ? "waiting" : job.state().name().toLowerCase(Locale.ROOT);
    }

    /** Whether an instance works on the job, or Linode does. */
    public boolean isRunning() {
        return switch (job.state()) {
            case CONVERTING, CHECKING, UPLOADING -> job.instance() != null;
            case PROCESSING, REPLICATING -> job.instance() != null || job.error() == null;
            case QUEUED, READY, AVAILABLE, REJECTED, FAILED, CANCELLED -> false;
        };
    }

    public boolean isWaiting() {
        return !isEnded() && !isRunning();
    }

    /** Whether the check or the conversion waits for the rest of an unfinished copy. */
    public boolean isStalled() {
        return (job.state() == JobState.CHECKING || job.state() == JobState.CONVERTING)
                && job.instance() == null
                && code() != null
                && code().consequence() == ErrorCode.Consequence.REJECT;
    }

    /** Whether the progress bar shows a percentage. */
    public boolean isMeasured() {
        return (job.state() == JobState.UPLOADING || job.state() == JobState.CONVERTING) && isRunning();
    }

    public boolean isAvailable() {
        return job.state() == JobState.AVAILABLE;
    }

    public boolean isEnded() {
        return job.state().isEnd();
    }

    /** Whether the job has its outcome but its file is still where it was. */
    public boolean isUnarchived() {
        return isEnded() && !job.archived();
    }

    /** Whether a user can retry the job. The file must be in {@code failed/} first. */
    public boolean isRetryable() {
        return job.archived() && JobLifecycle.isRetryable(job.state(), code());
    }

    /** What a running job does. */
    public String progress() {
        return switch (job.state()) {
            case CONVERTING, UPLOADING -> sent();
            case CHECKING -> "reading the whole file";
            case PROCESSING -> "Linode unpacks the image";
            case REPLICATING -> "Linode copies it to more regions";
            case QUEUED, READY, AVAILABLE, REJECTED, FAILED, CANCELLED -> "";
        };
    }

    private String sent() {
        JobView.ProgressView progress = job.progress();
        List<String> parts = new ArrayList<>();
        parts.add(progress.percent() + " %");
        if (progress.bytesPerSecond() != null) {
            parts.add(PageText.bytes(progress.bytesPerSecond()) + "/s");
        }
        if (progress.etaSeconds() != null) {
            parts.add(PageText.seconds(progress.etaSeconds()) + " left");
        }
        return String.join(" · ", parts);
    }

    /** Why a waiting job does not move. */
    public String reason() {
        if (isStalled()) {
            return "waiting for the copy to finish";
        }
        JobView.@Nullable ErrorView error = job.error();
        if (error != null) {
            return error.message();
        }
        return switch (job.state()) {
            case QUEUED -> "waiting for its check";
            case CONVERTING -> "waiting to be converted";
            case CHECKING -> "waiting to be checked";
            case READY, UPLOADING -> hold.isEmpty() ? "waiting for an upload slot" : "waiting: " + hold;
            case PROCESSING, REPLICATING -> "waiting for Linode";
            case AVAILABLE, REJECTED, FAILED, CANCELLED -> "";
        };
    }

    /** When a waiting job is tried again; null if it depends on other jobs. */
    public @Nullable Moment until() {
        return job.nextAttemptAt() == null ? null : Moment.of(job.nextAttemptAt(), now);
    }

    /** What the image costs; empty if it is not at Linode. */
    public String cost() {
        JobView.@Nullable Image image = job.image();
        Double dollars = job.monthlyCost();
        return !isAvailable() || image == null || image.retired() != null || dollars == null
                ? ""
                : PageText.dollars(dollars) + " a month";
    }

    public String size() {
        return PageText.bytes(job.compressedBytes());
    }

    /** The attempt; empty for the first one. */
    public String attempt() {
        return !isEnded() && job.attempt() > 1 ? "attempt " + job.attempt() + " of " + job.maxAttempts() : "";
    }

    public Moment created() {
        return Moment.of(job.createdAt(), now);
    }

    /** When the job ended, started or was created, whichever came last. */
    public Moment latest() {
        Instant started = Objects.requireNonNullElse(job.startedAt(), job.createdAt());
        return Moment.of(Objects.requireNonNullElse(job.finishedAt(), started), now);
    }

    /** How long the job has taken from the drop to the end, or so far. */
    public String took() {
        return PageText.duration(job.createdAt(), Objects.requireNonNullElse(job.finishedAt(), now));
    }

    /** What is wrong with the job; empty if nothing is. */
    public String problem() {
        JobView.@Nullable ErrorView error = job.error();
        if (isUnarchived() && error == null) {
            return "its file has not been moved to done/ yet";
        }
        return error == null || job.state() == JobState.AVAILABLE ? "" : error.message();
    }

    /** What happens next after the error, and what the user can do. */
    public String advice() {
        ErrorCode code = code();
        if (isStalled()) {
            return "Finish the copy, or copy the file again. This does not use up retries.";
        }
        if (isUnarchived()) {
            return "The daemon tries again every few seconds. Its log says what prevents it.";
        }
        JobView.@Nullable ErrorView error = job.error();
        if (code == null || error == null || job.state() == JobState.AVAILABLE) {
            return "";
        }
        if (isEnded()) {
            return Remedy.of(job, code, error.message());
        }
        return code.consequence() == ErrorCode.Consequence.WAIT
                ? "The job resumes automatically. This does not use up retries."
                : "The job is retried automatically: attempt " + job.attempt() + " of " + job.maxAttempts() + ".";
    }

    private @Nullable ErrorCode code() {
        JobView.@Nullable ErrorView error = job.error();
        return error == null ? null : ErrorCode.ofWireName(error.code());
    }
}
