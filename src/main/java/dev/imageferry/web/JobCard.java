package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.job.JobView;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A job as the page shows it. Templates call the public methods.
 *
 * @param hold why checked jobs are not uploaded at the moment; empty if nothing prevents uploads
 */
record JobCard(JobView job, String hold) {
    static JobCard of(JobView job, QueueView.Summary summary) {
        if (!summary.blocked().isEmpty()) {
            return new JobCard(job, "waiting for the problem above to be fixed; this does not use up retries");
        }
        return new JobCard(job, summary.paused() ? "waiting: uploads are paused" : "");
    }

    public String stateName() {
        return PageText.name(job.state());
    }

    /** Whether the progress bar shows a percentage. */
    public boolean isSending() {
        return switch (job.state()) {
            case UPLOADING -> true;
            case QUEUED, CHECKING, READY, PROCESSING, REPLICATING, AVAILABLE, REJECTED, FAILED, CANCELLED -> false;
        };
    }

    /** Whether the job is in progress without a known percentage. */
    public boolean isBusy() {
        return switch (job.state()) {
            case CHECKING, PROCESSING, REPLICATING -> true;
            case QUEUED, READY, UPLOADING, AVAILABLE, REJECTED, FAILED, CANCELLED -> false;
        };
    }

    public boolean isEnded() {
        return job.state().isEnd();
    }

    /** Whether a user can retry the job. The file must be in {@code failed/} first. */
    public boolean isRetryable() {
        return job.archived() && JobLifecycle.isRetryable(job.state(), job.error() == null ? null : code());
    }

    /** The progress in words. */
    public String progress() {
        return switch (job.state()) {
            case QUEUED -> "waiting for its check";
            case CHECKING -> "checking the whole file";
            case READY -> "checked; " + (hold.isEmpty() ? "waiting for an upload slot" : hold);
            case UPLOADING -> sent();
            case PROCESSING -> "upload complete; Linode is unpacking the image";
            case REPLICATING -> "available; Linode is copying it to more regions";
            case AVAILABLE -> "ready to deploy";
            case REJECTED, FAILED, CANCELLED -> "";
        };
    }

    private String sent() {
        JobView.ProgressView progress = job.progress();
        List<String> parts = new ArrayList<>();
        parts.add(progress.percent() + " %");
        parts.add(PageText.bytes(progress.bytesSent()) + " of " + PageText.bytes(job.compressedBytes()));
        if (progress.bytesPerSecond() != null) {
            parts.add(PageText.bytes(progress.bytesPerSecond()) + "/s");
        }
        if (progress.etaSeconds() != null) {
            parts.add(PageText.seconds(progress.etaSeconds()) + " left");
        }
        return String.join(" · ", parts);
    }

    public String size() {
        return PageText.bytes(job.compressedBytes());
    }

    /** The attempt; empty for the first one. */
    public String attempt() {
        return job.attempt() > 1 ? "attempt " + job.attempt() + " of " + job.maxAttempts() : "";
    }

    /** What happens next after the error, and what the user can do. */
    public String advice() {
        if (job.error() == null) {
            return "";
        }
        return switch (job.state()) {
            case AVAILABLE -> "";
            case QUEUED, CHECKING, READY, UPLOADING, PROCESSING, REPLICATING -> whileOpen();
            case REJECTED ->
                "The file cannot be uploaded as it is. Fix it and drop it again, or fix it in failed/ and choose “Retry”.";
            case FAILED -> "The file is in failed/. “Retry” starts again with all attempts.";
            case CANCELLED -> cancelled();
        };
    }

    private String whileOpen() {
        return switch (code().consequence()) {
            case WAIT -> "The job resumes automatically. This does not use up retries.";
            case RETRY, REJECT, FAIL, CANCEL ->
                "The job is retried automatically: attempt " + job.attempt() + " of " + job.maxAttempts() + ".";
        };
    }

    private String cancelled() {
        if (hasCode(ErrorCode.CANCELLED)) {
            return "Nothing is left at Linode, and the file is in failed/. “Retry” starts the job again.";
        }
        return hasCode(ErrorCode.FILE_CHANGED)
                ? "Nothing is left at Linode. The new content is a separate job."
                : "Nothing is left at Linode. To upload the file, drop it again.";
    }

    private boolean hasCode(ErrorCode code) {
        JobView.@Nullable ErrorView error = job.error();
        return error != null && error.code().equals(code.wireName());
    }

    private ErrorCode code() {
        return ErrorCode.ofWireName(Objects.requireNonNull(job.error()).code());
    }
}
