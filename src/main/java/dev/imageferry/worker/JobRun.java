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
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One step of one claimed job on one thread. A stop request interrupts the thread, but never during a database write.
 */
public final class JobRun {
    /** Why a run is stopped before its step ends. */
    public enum StopReason {
        SHUTDOWN("the daemon is shutting down"),
        LEASE_LOST("the lease was lost"),
        CANCEL_REQUESTED("a user cancelled the job");

        private final String description;

        StopReason(String description) {
            this.description = description;
        }

        String description() {
            return description;
        }
    }

    private final Lane lane;
    private final JobQueue queue;
    private final DatabaseRetry database;
    private final Map<ErrorCode, Long> wasted = new EnumMap<>(ErrorCode.class);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<@Nullable Runnable> slot = new AtomicReference<>();
    private volatile Job job;
    private volatile @Nullable UploadProgress progress;
    private volatile @Nullable StopReason stopReason;
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
    public StopReason stopReason() {
        return stopReason;
    }

    /** Starts a new progress, of a PUT or of a conversion. */
    public UploadProgress startProgress() {
        UploadProgress begun = new UploadProgress();
        progress = begun;
        return begun;
    }

    /** Sets how the slot of this run is freed. */
    void holdSlot(Runnable free) {
        slot.set(free);
    }

    /** Frees the slot of this run if it still holds one, so that another run can start before this one ends. */
    public void freeSlot() {
        Runnable free = slot.getAndSet(null);
        if (free != null) {
            free.run();
        }
    }

    /** Counts the bytes of a PUT that failed. */
    public void wasted(long bytes, ErrorCode code) {
        wasted.merge(code, bytes, Long::sum);
    }

    /** The bytes of failed PUTs, by error code. */
    public Map<ErrorCode, Long> wasted() {
        return Map.copyOf(wasted);
    }

    /** Runs the statement until the database answers. A stop request takes effect after it, at the next blocking call. */
    public <T> T inDatabase(Supplier<T> statement) {
        boolean interrupted = leaveInterruptible();
        try {
            return database.untilAnswered(statement);
        } finally {
            enterInterruptible(interrupted);
        }
    }

    /**
     * Commits the job in its current form and keeps the lease.
     *
     * @throws LeaseLostException if another instance holds the job. Nothing was written, and the run must end
     */
    public Job checkpoint(Job found) throws LeaseLostException {
        if (!inDatabase(() -> queue.checkpoint(found))) {
            throw new LeaseLostException(found.id());
        }
        job = found;
        return found;
    }

    /**
     * Records that the final bytes of the PUT are about to be sent. Called on the sending thread.
     *
     * @return false if the lease is lost. The final bytes must then not be sent
     */
    public boolean releaseFinalBytes() {
        Job sending = job;
        Optional<Instant> when = database.untilAnswered(() -> queue.releaseEnd(sending));
        when.ifPresent(at -> job = sending.withImage(sending.image().allBytesSent(at)));
        return when.isPresent();
    }

    /** Takes over the job as the queue has already written it. */
    public void advanceTo(Job written) {
        job = written;
    }

    /** Allows stop requests to interrupt the current thread. */
    public void begin() {
        enterInterruptible(false);
    }

    /** Marks the step as finished. Stop requests no longer interrupt the thread, and a pending interrupt is cleared. */
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
        if (interrupted || stopReason != null) {
            interruptible.interrupt();
        }
    }

    /** Asks the run to stop and interrupts its thread. */
    public synchronized void requestStop(StopReason reason) {
        if (stopReason == null || reason == StopReason.LEASE_LOST) {
            stopReason = reason;
        }
        if (interruptible != null) {
            interruptible.interrupt();
        }
    }

    public void markEnded() {
        ended.countDown();
    }

    public boolean awaitEnd(long nanos) throws InterruptedException {
        return ended.await(nanos, TimeUnit.NANOSECONDS);
    }
}
