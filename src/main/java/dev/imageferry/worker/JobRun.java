package dev.imageferry.worker;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.UploadProgress;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.Lane;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One claimed job on one thread, from the claim to the record. Others may ask it to stop; the thread is then
 * interrupted, but never while it writes to the database.
 */
public final class JobRun {
    /** Why a run is to end before its step does. */
    public enum Stop {
        SHUTDOWN("the daemon shuts down"),
        LEASE_LOST("the lease was lost"),
        CANCEL_REQUESTED("a user cancelled the job");

        private final String words;

        Stop(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    private final Lane lane;
    private final JobQueue queue;
    private final DatabaseRetry database;
    private final Map<ErrorCode, Long> wasted = new EnumMap<>(ErrorCode.class);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Job job;
    private volatile @Nullable UploadProgress progress;
    private volatile @Nullable Stop stop;
    private volatile boolean finished;
    private @Nullable Thread interruptible;

    public JobRun(Job job, Lane lane, JobQueue queue, DatabaseRetry database) {
        this.job = job;
        this.lane = lane;
        this.queue = queue;
        this.database = database;
    }

    public Job job() {
        return job;
    }

    public Lane lane() {
        return lane;
    }

    public Optional<UploadProgress> progress() {
        return Optional.ofNullable(progress);
    }

    @Nullable
    public Stop stop() {
        return stop;
    }

    /** A PUT begins. */
    public UploadProgress beginPut() {
        UploadProgress begun = new UploadProgress();
        progress = begun;
        return begun;
    }

    /** What was sent of a PUT that did not succeed. */
    public void wasted(long bytes, ErrorCode code) {
        wasted.merge(code, bytes, Long::sum);
    }

    /** Bytes of PUTs that did not succeed, by their cause. */
    public Map<ErrorCode, Long> wasted() {
        return Map.copyOf(wasted);
    }

    /**
     * Asks the database until it answers. The thread is not interrupted meanwhile; an interruption that came is seen by the next
     * blocking call.
     */
    public <T> T inDatabase(Supplier<T> statement) {
        boolean interrupted = leaveInterruptible();
        try {
            return database.untilAnswered(statement);
        } finally {
            enterInterruptible(interrupted);
        }
    }

    /**
     * Commits what was found so far; the lease stays.
     *
     * @throws LeaseLostException when somebody else holds the job by now: nothing was written, nothing more may be done
     */
    public Job checkpoint(Job found) throws LeaseLostException {
        if (!inDatabase(() -> queue.checkpoint(found))) {
            throw new LeaseLostException(found.id());
        }
        job = found;
        return found;
    }

    /**
     * Records that the held-back end of the PUT is about to go out; runs on the thread that sends it.
     *
     * @return false when the lease is lost: the end must not go out
     */
    public boolean releaseEnd() {
        Job sending = job;
        Optional<Instant> when = database.untilAnswered(() -> queue.releaseEnd(sending));
        when.ifPresent(at -> job = sending.withImage(sending.image().allBytesSent(at)));
        return when.isPresent();
    }

    /** For a write of the queue's own that brings the job forward. */
    public void advanceTo(Job written) {
        job = written;
    }

    /** The current thread may be interrupted from now on. */
    public void begin() {
        enterInterruptible(false);
    }

    /** The step is over: the current thread is not interrupted any more; a pending interruption is taken away. */
    public void finish() {
        finished = true;
        leaveInterruptible();
    }

    public boolean isFinished() {
        return finished;
    }

    private synchronized boolean leaveInterruptible() {
        interruptible = null;
        return Thread.interrupted();
    }

    private synchronized void enterInterruptible(boolean interrupted) {
        interruptible = Thread.currentThread();
        if (interrupted || stop != null) {
            interruptible.interrupt();
        }
    }

    public synchronized void stop(Stop why) {
        if (stop == null || why == Stop.LEASE_LOST) {
            stop = why;
        }
        if (interruptible != null) {
            interruptible.interrupt();
        }
    }

    public void hasEnded() {
        ended.countDown();
    }

    public boolean awaitEnd(long nanos) throws InterruptedException {
        return ended.await(nanos, TimeUnit.NANOSECONDS);
    }
}
