package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.JobView;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A job in the words of the page. Templates read the public methods.
 *
 * @param hold what keeps checked jobs from being uploaded, as it is told at the top of the page; empty where nothing does
 */
record JobCard(JobView job, String hold) {
    static JobCard of(JobView job, QueueView.Summary summary) {
        if (!summary.blocked().isEmpty()) {
            return new JobCard(job, "waits for what is told above; no attempt is counted");
        }
        return new JobCard(job, summary.paused() ? "waits: uploads are paused" : "");
    }

    public String stateName() {
        return PageText.name(job.state());
    }

    /** Whether bytes go out, so that the bar has a length. */
    public boolean isSending() {
        return switch (job.state()) {
            case UPLOADING -> true;
            case QUEUED, CHECKING, READY, PROCESSING, REPLICATING, AVAILABLE, REJECTED, FAILED, CANCELLED -> false;
        };
    }

    /** Whether something goes on of which nobody tells how far it is. */
    public boolean isBusy() {
        return switch (job.state()) {
            case CHECKING, PROCESSING, REPLICATING -> true;
            case QUEUED, READY, UPLOADING, AVAILABLE, REJECTED, FAILED, CANCELLED -> false;
        };
    }

    public boolean isEnded() {
        return job.state().isEnd();
    }

    /** As {@code JobLifecycle.isRetryable}; before its file is in {@code failed/} nothing can be given back. */
    public boolean isRetryable() {
        return job.archived()
                && switch (job.state()) {
                    case FAILED, REJECTED -> true;
                    case CANCELLED -> hasCode(ErrorCode.CANCELLED);
                    case QUEUED, CHECKING, READY, UPLOADING, PROCESSING, REPLICATING, AVAILABLE -> false;
                };
    }

    /** How far the work is, beside its bar. */
    public String progress() {
        return switch (job.state()) {
            case QUEUED -> "waits for its check";
            case CHECKING -> "the file is read from end to end";
            case READY -> "checked; " + (hold.isEmpty() ? "waits for an upload slot" : hold);
            case UPLOADING -> sent();
            case PROCESSING -> "every byte has arrived; Linode unpacks the image";
            case REPLICATING -> "available; Linode copies it to further regions";
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

    /** The attempt, once it is not the first; else empty. */
    public String attempt() {
        return job.attempt() > 1 ? "attempt " + job.attempt() + " of " + job.maxAttempts() : "";
    }

    /** What follows from the error, and what a reader can do; the message itself tells what is wrong. */
    public String advice() {
        if (job.error() == null) {
            return "";
        }
        return switch (job.state()) {
            case AVAILABLE -> "";
            case QUEUED, CHECKING, READY, UPLOADING, PROCESSING, REPLICATING -> whileOpen();
            case REJECTED ->
                "The file cannot be uploaded as it is. Mend it and drop it again; “Retry” checks the one in failed/ once"
                        + " more.";
            case FAILED -> "The file is in failed/. “Retry” gives it all its attempts again.";
            case CANCELLED -> cancelled();
        };
    }

    private String whileOpen() {
        return switch (code().consequence()) {
            case WAIT -> "Waits and goes on by itself; no attempt is counted.";
            case RETRY, REJECT, FAIL, CANCEL ->
                "Tried again by itself: attempt " + job.attempt() + " of " + job.maxAttempts() + ".";
        };
    }

    private String cancelled() {
        if (hasCode(ErrorCode.CANCELLED)) {
            return "Nothing of it stays at Linode, the file is in failed/. “Retry” takes it up again.";
        }
        return hasCode(ErrorCode.FILE_CHANGED)
                ? "Nothing of it stays at Linode; the new content is a job of its own."
                : "Nothing of it stays at Linode. To have it uploaded, drop the file again.";
    }

    private boolean hasCode(ErrorCode code) {
        JobView.@Nullable ErrorView error = job.error();
        return error != null && error.code().equals(code.wireName());
    }

    private ErrorCode code() {
        return ErrorCode.ofWireName(Objects.requireNonNull(job.error()).code());
    }
}
