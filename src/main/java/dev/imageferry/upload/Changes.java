package dev.imageferry.upload;

import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;

/** Counts what happens to jobs on this instance, for those who wait to look again. */
@ApplicationScoped
class Changes {
    private long count;

    synchronized void happened() {
        count++;
        notifyAll();
    }

    synchronized long count() {
        return count;
    }

    /** Waits until the count is beyond {@code seen} or the limit is up; true when it is beyond. */
    synchronized boolean await(long seen, Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (count <= seen) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
