package dev.imageferry.worker;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * Limits the number of concurrent PUTs of this instance. Near its end, a PUT frees its upload slot, so that the next run creates
 * its image meanwhile and then waits here.
 */
public final class PutPermits {
    private final Semaphore permits;
    private final Set<JobRun> waiting = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    public PutPermits(int concurrency) {
        this.permits = new Semaphore(concurrency, true); // the first image created is the first one sent
    }

    /** Waits for a permit. A stop request ends the wait. */
    public void acquire(JobRun run) throws InterruptedException {
        waiting.add(run);
        try {
            if (closed && permits.availablePermits() == 0) {
                run.requestStop(JobRun.StopReason.SHUTDOWN);
            }
            permits.acquire();
        } finally {
            waiting.remove(run);
        }
    }

    public void release() {
        permits.release();
    }

    /** Stops the runs that wait, because a shutdown gives its grace only to uploads in progress. */
    void close() {
        closed = true;
        waiting.forEach(run -> run.requestStop(JobRun.StopReason.SHUTDOWN));
    }
}
