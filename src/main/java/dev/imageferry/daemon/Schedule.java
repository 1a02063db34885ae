package dev.imageferry.daemon;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Runs periodic tasks by the monotonic clock. Each task has its own thread, so that a task that hangs does not delay others. A
 * task that throws runs again at its next time.
 */
final class Schedule {
    private static final Logger LOG = Logger.getLogger(Schedule.class);

    private final List<ScheduledExecutorService> threads = new CopyOnWriteArrayList<>();

    /** A periodic task. */
    @FunctionalInterface
    interface Task {
        void run() throws InterruptedException;
    }

    /**
     * Runs the task now, then again after each pause.
     *
     * @return runs the task once more, as soon as its thread is free; does nothing after the stop
     */
    Runnable every(Duration pause, String name, Task task) {
        return every(Duration.ZERO, pause, name, task);
    }

    /** Runs the task after the delay, then again after each pause. Otherwise like {@link #every(Duration, String, Task)}. */
    Runnable every(Duration delay, Duration pause, String name, Task task) {
        ScheduledThreadPoolExecutor thread = new ScheduledThreadPoolExecutor(
                1,
                Thread.ofPlatform().daemon().name("imageferry-" + name).factory(),
                new ThreadPoolExecutor.DiscardPolicy());
        threads.add(thread);
        Guarded guarded = new Guarded(name, task);
        var _ = thread.scheduleWithFixedDelay(guarded, delay.toNanos(), pause.toNanos(), TimeUnit.NANOSECONDS);
        return () -> thread.execute(() -> {
            if (!thread.isShutdown()) {
                guarded.run();
            }
        });
    }

    /** Starts no further runs. Runs in progress continue. */
    void stop() {
        threads.forEach(ScheduledExecutorService::shutdown);
    }

    /** Starts no further runs, waits for runs in progress, then interrupts them. */
    void close(Duration limit) throws InterruptedException {
        stop();
        if (!awaitEnd(limit)) {
            threads.forEach(ScheduledExecutorService::shutdownNow);
            if (!awaitEnd(limit)) {
                LOG.warn("a periodic task did not end; check the file system of the drop folder");
            }
        }
    }

    private boolean awaitEnd(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        for (ScheduledExecutorService thread : threads) {
            if (!thread.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return false;
            }
        }
        return true;
    }

    /** Catches what the task throws, because the executor would not run it again. Not thread-safe. */
    private static final class Guarded implements Runnable {
        private final String name;
        private final Task task;
        private boolean failing;

        Guarded(String name, Task task) {
            this.name = name;
            this.task = task;
        }

        @Override
        public void run() {
            try {
                task.run();
                failing = false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException | Error e) {
                if (failing) {
                    LOG.debugf(e, "periodic task failed again task=%s", name);
                } else {
                    failing = true;
                    LOG.errorf(e, "periodic task failed, retrying task=%s", name);
                }
            }
        }
    }
}
