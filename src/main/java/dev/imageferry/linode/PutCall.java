package dev.imageferry.linode;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import dev.imageferry.job.UploadUrl;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import okhttp3.Call;
import okhttp3.Response;
import okio.BufferedSource;

/** A running PUT. The caller must call {@link #await}, which also enforces the time limits. */
public final class PutCall {
    private static final long BODY_BYTES = 4096;

    /** How long to wait for the thread of a stopped PUT, whose connection is already closed. */
    private static final Duration STOP_WAIT = Duration.ofSeconds(2);

    /** The parameters and time limits of a PUT. */
    record Terms(UploadUrl url, Path file, CheckedImage checked, Duration stallTimeout, Duration answerTimeout) {
        /** How often to check the limits; short enough for the shortest one. */
        Duration watchEvery() {
            Duration shortest = stallTimeout.compareTo(answerTimeout) < 0 ? stallTimeout : answerTimeout;
            return Duration.ofMillis(Math.clamp(shortest.toMillis() / 10, 5, 500));
        }

        String name() {
            return String.valueOf(file.getFileName());
        }
    }

    private final Call call;
    private final Terms terms;
    private final PutProgress progress;
    private final PutAbort abort;
    private final InstantSource clock;
    private final FutureTask<PutResult> task;
    private final Thread thread;
    private volatile long stoppedNanos;

    PutCall(Call call, Terms terms, PutProgress progress, PutAbort abort, InstantSource clock) {
        this.call = call;
        this.terms = terms;
        this.progress = progress;
        this.abort = abort;
        this.clock = clock;
        this.task = new FutureTask<>(this::run);
        // a platform thread, because reading files would pin the carrier of a virtual thread
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("put-" + Thread.currentThread().getName())
                .unstarted(task);
    }

    void start() {
        thread.start();
    }

    /**
     * Waits for the result and enforces the time limits.
     *
     * @throws InterruptedException if the caller is interrupted; the connection is closed then
     */
    public PutResult await() throws InterruptedException {
        while (true) {
            try {
                return task.get(terms.watchEvery().toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                PutResult aborted = abort.resultOrNull();
                if (aborted != null && isStopOverdue()) {
                    return upToDate(aborted);
                }
                overdue().ifPresent(this::stop);
            } catch (InterruptedException e) {
                cancel("interrupted");
                throw e;
            } catch (ExecutionException e) {
                throw new IllegalStateException("the upload of " + terms.name() + " failed unexpectedly", e.getCause());
            }
        }
    }

    /**
     * Stops the PUT. Can be called from any thread; the connection is closed when this returns. No effect if it has ended.
     *
     * @param reason for {@link PutResult.Cancelled}
     */
    public void cancel(String reason) {
        stop(new PutResult.Cancelled(reason, progress.finalBytesReleased()));
    }

    public long bytesSent() {
        return progress.bytesSent();
    }

    private void stop(PutResult why) {
        if (abort.set(why)) {
            stoppedNanos = System.nanoTime();
            call.cancel();
            thread.interrupt(); // it may be waiting for bandwidth
        }
    }

    /** Whether the thread hangs where it cannot be interrupted (a name lookup, the guard). It can send nothing any more. */
    private boolean isStopOverdue() {
        long since = stoppedNanos;
        return since != 0 && System.nanoTime() - since > STOP_WAIT.toNanos();
    }

    private PutResult run() {
        PutResult before = abort.resultOrNull();
        if (before != null) {
            return before;
        }
        long startedNanos = System.nanoTime();
        try (Response response = call.execute()) {
            HttpAnswer answer = answer(response);
            Duration took = Duration.ofNanos(System.nanoTime() - startedNanos);
            return BucketClassifier.of(answer, terms.url(), terms.checked(), progress.sent(), took, clock.instant());
        } catch (IOException e) {
            PutResult aborted = abort.resultOrNull();
            return aborted != null ? upToDate(aborted) : broken(e);
        }
    }

    /** Reads the status and the beginning of the body. An incomplete body does not matter. */
    private static HttpAnswer answer(Response response) {
        BufferedSource source = response.body().source();
        try {
            source.request(BODY_BYTES);
        } catch (IOException e) {
            return new HttpAnswer(response.code(), response.headers(), "");
        }
        return new HttpAnswer(
                response.code(),
                response.headers(),
                source.getBuffer().snapshot().utf8());
    }

    /** The final bytes may have been released after the stop was requested. */
    private PutResult upToDate(PutResult result) {
        return result instanceof PutResult.Cancelled(String reason, boolean earlier)
                ? new PutResult.Cancelled(reason, earlier || progress.finalBytesReleased())
                : result;
    }

    private Optional<PutResult> overdue() {
        PutProgress.Moment moment = progress.moment();
        String host = terms.url().host();
        return switch (moment.phase()) {
            case LOCAL -> Optional.empty();
            case CONNECTING ->
                moment.isOlderThan(terms.stallTimeout())
                        ? Optional.of(broken(
                                ErrorCode.UPLOAD_INTERRUPTED,
                                "no connection to " + host + " within " + MessageText.of(terms.stallTimeout())))
                        : Optional.empty();
            case SENDING ->
                moment.isOlderThan(terms.stallTimeout())
                        ? Optional.of(broken(
                                ErrorCode.UPLOAD_STALLED,
                                host + " accepted no data for " + MessageText.of(terms.stallTimeout())
                                        + " (imageferry.upload.stall-timeout), after " + soFar()))
                        : Optional.empty();
            case ANSWERING ->
                moment.isOlderThan(terms.answerTimeout())
                        ? Optional.of(broken(
                                ErrorCode.UPLOAD_INTERRUPTED,
                                host + " did not answer for " + MessageText.of(terms.answerTimeout())
                                        + " (imageferry.upload.answer-timeout) after the last of " + soFar()))
                        : Optional.empty();
        };
    }

    private PutResult broken(IOException e) {
        String host = terms.url().host();
        return CallTrace.of(call).isSent()
                ? broken(
                        ErrorCode.UPLOAD_INTERRUPTED,
                        "the connection to " + host + " broke after " + soFar() + " (" + MessageText.of(e) + ")")
                : broken(ErrorCode.UPLOAD_INTERRUPTED, "no connection to " + host + " (" + MessageText.of(e) + ")");
    }

    private PutResult broken(ErrorCode code, String message) {
        return new PutResult.Broken(
                new Problem(code, terms.name() + ": " + message), progress.finalBytesReleased(), Cause.UNREACHABLE);
    }

    private String soFar() {
        return progress.bytesSent() + " of " + terms.checked().compressedBytes() + " bytes";
    }
}
