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

/** One running PUT. Its time limits are watched by whoever {@link #await awaits} it, so somebody has to. */
public final class PutCall {
    private static final long BODY_BYTES = 4096;

    /** How long the caller of a stopped PUT waits for the thread to be gone; the connection is closed before that. */
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    /** What is sent where, and what time it may take. */
    record Terms(UploadUrl url, Path file, CheckedImage checked, Duration stallTimeout, Duration answerTimeout) {
        /** Often enough for the shortest limit. */
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
    private final Ending ending;
    private final InstantSource clock;
    private final FutureTask<PutResult> task;
    private final Thread thread;
    private volatile long stoppedNanos;

    PutCall(Call call, Terms terms, PutProgress progress, Ending ending, InstantSource clock) {
        this.call = call;
        this.terms = terms;
        this.progress = progress;
        this.ending = ending;
        this.clock = clock;
        this.task = new FutureTask<>(this::run);
        // no virtual thread: reading files would pin its carrier
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("put-" + Thread.currentThread().getName())
                .unstarted(task);
    }

    void start() {
        thread.start();
    }

    /**
     * Waits for the end and keeps the time limits.
     *
     * @throws InterruptedException when the caller is interrupted; the connection is closed by then
     */
    public PutResult await() throws InterruptedException {
        while (true) {
            try {
                return task.get(terms.watchEvery().toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                PutResult ours = ending.orNull();
                if (ours != null && isGivenUp()) {
                    return upToDate(ours);
                }
                overdue().ifPresent(this::stop);
            } catch (InterruptedException e) {
                cancel("interrupted");
                throw e;
            } catch (ExecutionException e) {
                throw new IllegalStateException("the upload of " + terms.name() + " ended in a bug", e.getCause());
            }
        }
    }

    /**
     * Stops the PUT at once, from any thread: the connection is closed when this returns. Without effect after the end.
     *
     * @param reason goes into {@link PutResult.Cancelled}
     */
    public void cancel(String reason) {
        stop(new PutResult.Cancelled(reason, progress.isEndBegun()));
    }

    /** Of this PUT so far. */
    public long bytesSent() {
        return progress.bytesSent();
    }

    private void stop(PutResult why) {
        if (ending.set(why)) {
            stoppedNanos = System.nanoTime();
            call.cancel();
            thread.interrupt(); // it may wait for bandwidth
        }
    }

    /** A thread that hangs where nothing can reach it (a name look-up, the guard) can send no byte any more. */
    private boolean isGivenUp() {
        long since = stoppedNanos;
        return since != 0 && System.nanoTime() - since > FAREWELL.toNanos();
    }

    private PutResult run() {
        PutResult before = ending.orNull();
        if (before != null) {
            return before;
        }
        long startedNanos = System.nanoTime();
        try (Response response = call.execute()) {
            HttpAnswer answer = answer(response);
            Duration took = Duration.ofNanos(System.nanoTime() - startedNanos);
            return BucketClassifier.of(answer, terms.url(), terms.checked(), progress.sent(), took, clock.instant());
        } catch (IOException e) {
            PutResult ours = ending.orNull();
            return ours != null ? upToDate(ours) : broken(e);
        }
    }

    /** The status is the answer; a body that breaks off takes nothing from it. */
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

    /** The end may have begun after the stop was decided. */
    private PutResult upToDate(PutResult ours) {
        return ours instanceof PutResult.Cancelled(String reason, boolean earlier)
                ? new PutResult.Cancelled(reason, earlier || progress.isEndBegun())
                : ours;
    }

    private Optional<PutResult> overdue() {
        PutProgress.Moment moment = progress.moment();
        String host = terms.url().host();
        return switch (moment.phase()) {
            case OURS -> Optional.empty();
            case CONNECTING ->
                moment.isOlderThan(terms.stallTimeout())
                        ? Optional.of(broken(
                                ErrorCode.UPLOAD_INTERRUPTED,
                                "no connection to " + host + " within " + Words.of(terms.stallTimeout())))
                        : Optional.empty();
            case SENDING ->
                moment.isOlderThan(terms.stallTimeout())
                        ? Optional.of(broken(
                                ErrorCode.UPLOAD_STALLED,
                                host + " accepted no byte for " + Words.of(terms.stallTimeout())
                                        + " (imageferry.upload.stall-timeout), after " + soFar()))
                        : Optional.empty();
            case ANSWERING ->
                moment.isOlderThan(terms.answerTimeout())
                        ? Optional.of(broken(
                                ErrorCode.UPLOAD_INTERRUPTED,
                                host + " gave no answer for " + Words.of(terms.answerTimeout())
                                        + " (imageferry.upload.answer-timeout) after the last of " + soFar()))
                        : Optional.empty();
        };
    }

    private PutResult broken(IOException e) {
        String host = terms.url().host();
        return CallTrace.of(call).isSent()
                ? broken(
                        ErrorCode.UPLOAD_INTERRUPTED,
                        "the connection to " + host + " broke after " + soFar() + " (" + Words.of(e) + ")")
                : broken(ErrorCode.UPLOAD_INTERRUPTED, "no connection to " + host + " (" + Words.of(e) + ")");
    }

    private PutResult broken(ErrorCode code, String message) {
        return new PutResult.Broken(
                new Problem(code, terms.name() + ": " + message), progress.isEndBegun(), Cause.UNREACHABLE);
    }

    private String soFar() {
        return progress.bytesSent() + " of " + terms.checked().compressedBytes() + " bytes";
    }
}
