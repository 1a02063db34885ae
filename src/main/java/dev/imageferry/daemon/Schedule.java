package dev.imageferry.daemon;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Runs duties periodically by the monotonic clock, so that a wall clock that is set back stops none. Each duty has a thread
 * of its own: one that hangs holds up no other. A duty that throws runs again at its next time.
 */
final class Schedule {
    private static final Logger LOG = Logger.getLogger(Schedule.class);

    private final List<ScheduledExecutorService> threads = new CopyOnWriteArrayList<>();

    /** What is done periodically. */
    @FunctionalInterface
    interface Duty {
        void run() throws InterruptedException;
    }

    /** Runs the duty from now on, with this pause after each run. */
    void every(Duration pause, String name, Duty duty) {
        every(Duration.ZERO, pause, name, duty);
    }

    /** Runs the duty after a delay, then with this pause after each run. */
    void every(Duration delay, Duration pause, String name, Duty duty) {
        ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("imageferry-" + name).factory());
        threads.add(thread);
        var _ = thread.scheduleWithFixedDelay(
                new Guarded(name, duty), delay.toNanos(), pause.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Begins no further run; a run that is under way goes on. */
    void stop() {
        threads.forEach(ScheduledExecutorService::shutdown);
    }

    /** Stops, lets runs that are under way end for a moment, then interrupts them. */
    void close(Duration patience) throws InterruptedException {
        stop();
        if (!awaitEnd(patience)) {
            threads.forEach(ScheduledExecutorService::shutdownNow);
            if (!awaitEnd(patience)) {
                LOG.warn("a periodic task hangs and is left behind: look at the drop folder's file system");
            }
        }
    }

    private boolean awaitEnd(Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        for (ScheduledExecutorService thread : threads) {
            if (!thread.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return false;
            }
        }
        return true;
    }

    /** Keeps what the duty throws from the executor, which would not run it again. For one thread. */
    private static final class Guarded implements Runnable {
        private final String name;
        private final Duty duty;
        private boolean failing;

        Guarded(String name, Duty duty) {
            this.name = name;
            this.duty = duty;
        }

        @Override
        public void run() {
            try {
                duty.run();
                failing = false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException | Error e) {
                if (failing) {
                    LOG.debugf(e, "periodic task failed again task=%s", name);
                } else {
                    failing = true;
                    LOG.errorf(e, "periodic task failed, it is tried again task=%s", name);
                }
            }
        }
    }
}
