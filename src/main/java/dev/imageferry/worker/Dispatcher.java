package dev.imageferry.worker;

import dev.imageferry.job.Job;
import dev.imageferry.queue.Claim;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.Lane;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Claims due jobs as slots get free and runs one step of each on a thread of its own. Woken by whoever makes work; looks
 * by itself once a second, for the work of other instances.
 */
public final class Dispatcher {
    private static final Logger LOG = Logger.getLogger(Dispatcher.class);
    private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
    /** What stays to be done after the grace: cutting connections, writing results, a file move. */
    private static final Duration LAST_WRITES = Duration.ofSeconds(15);

    private final JobQueue queue;
    private final UUID folderId;
    private final JobRunner runner;
    private final DatabaseRetry database;
    private final RunStarter starter;
    private final LeaseKeeper held;
    private final Gates gates;
    private final JobListener listener;
    private final Map<Lane, Integer> slots;
    private final Map<Lane, AtomicInteger> running = new EnumMap<>(Lane.class);
    private final Thread thread;

    /** Where a run takes place. */
    @FunctionalInterface
    public interface RunStarter {
        /** A thread of its own for each run. */
        RunStarter THREADS =
                (name, run) -> Thread.ofPlatform().name(name).daemon().start(run);

        /**
         * Starts a run.
         *
         * @param name for its thread
         */
        void start(String name, Runnable run);
    }

    private final Object bell = new Object();
    private boolean rung;
    private long wakeAtNanos;
    private volatile boolean draining;

    public Dispatcher(
            JobQueue queue,
            UUID folderId,
            JobRunner runner,
            DatabaseRetry database,
            RunStarter starter,
            LeaseKeeper held,
            Gates gates,
            JobListener listener,
            Map<Lane, Integer> slots) {
        this.queue = queue;
        this.folderId = folderId;
        this.runner = runner;
        this.database = database;
        this.starter = starter;
        this.held = held;
        this.gates = gates;
        this.listener = listener;
        this.slots = Map.copyOf(slots);
        for (Lane lane : Lane.values()) {
            running.put(lane, new AtomicInteger());
        }
        this.thread = Thread.ofPlatform().name("imageferry-dispatcher").daemon().unstarted(this::loop);
    }

    public void start() {
        thread.start();
    }

    /** There may be work. */
    public void ring() {
        synchronized (bell) {
            rung = true;
            bell.notifyAll();
        }
    }

    private void ringIn(Duration pause) {
        synchronized (bell) {
            wakeAtNanos = Math.min(wakeAtNanos, System.nanoTime() + pause.toNanos());
            bell.notifyAll();
        }
    }

    private void awaitBell() throws InterruptedException {
        synchronized (bell) {
            while (!rung && System.nanoTime() - wakeAtNanos < 0) {
                bell.wait(Math.max(1, (wakeAtNanos - System.nanoTime()) / 1_000_000));
            }
            rung = false;
            long now = System.nanoTime();
            if (now - wakeAtNanos >= 0) {
                wakeAtNanos = now + LOOK_NANOS; // else a pause that somebody asked for is still to come
            }
        }
    }

    private void loop() {
        try {
            while (!draining) {
                dispatch();
                awaitBell();
            }
        } catch (InterruptedException e) {
            LOG.debug("dispatcher ended"); // only by stop()
        }
    }

    /** Claims what is due, as far as slots are free and gates open, and starts it. */
    public void dispatch() {
        for (Lane lane : Lane.values()) {
            int free = slots.getOrDefault(lane, 0) - running(lane).get();
            if (free > 0 && !draining && isOpen(lane)) {
                try {
                    queue.claim(lane, folderId, free).forEach(claim -> begin(claim, lane));
                } catch (RuntimeException e) {
                    cannotClaim(e);
                    return;
                }
            }
        }
    }

    private void cannotClaim(RuntimeException failure) {
        if (database.closeGate(failure).isEmpty()) {
            LOG.error("a bug keeps jobs from being claimed; tried again in a second", failure);
        }
    }

    private boolean isOpen(Lane lane) {
        List<Gate> needed = switch (lane) {
            case CANCEL -> List.of(Gate.DATABASE);
            case CHECK, ARCHIVE -> List.of(Gate.DATABASE, Gate.FOLDER);
            case UPLOAD -> List.of(Gate.DATABASE, Gate.FOLDER, Gate.API, Gate.TOKEN);
            case AWAIT -> List.of(Gate.DATABASE, Gate.API, Gate.TOKEN);
        };
        return needed.stream().allMatch(gates::isOpen);
    }

    private AtomicInteger running(Lane lane) {
        return Objects.requireNonNull(running.get(lane));
    }

    private void begin(Claim claim, Lane lane) {
        MDC.put(JobRunner.JOB, claim.job().id());
        try {
            beginMarked(claim, lane);
        } finally {
            MDC.remove(JobRunner.JOB);
        }
    }

    private void beginMarked(Claim claim, Lane lane) {
        Job job = claim.job();
        JobRun run = new JobRun(job, lane, queue, database);
        running(lane).incrementAndGet();
        held.add(run);
        listener.claimed(claim);
        starter.start("imageferry-" + lane.name().toLowerCase(Locale.ROOT) + "-" + job.id(), () -> run(run));
    }

    private void run(JobRun run) {
        try {
            runner.run(run).ifPresent(this::ringIn);
        } finally {
            held.remove(run);
            running(run.lane()).decrementAndGet();
            run.hasEnded();
            ring();
        }
    }

    /**
     * Takes no new work, gives uploads the grace, interrupts the rest, and waits until everything is written. Leases are
     * renewed meanwhile.
     */
    public void drain(Duration grace) throws InterruptedException {
        draining = true;
        ring();
        thread.join();
        held.all().stream()
                .filter(run -> run.lane() == Lane.CHECK || run.lane() == Lane.AWAIT)
                .forEach(run -> run.stop(JobRun.Stop.SHUTDOWN));
        awaitAll(grace);
        held.all().forEach(run -> run.stop(JobRun.Stop.SHUTDOWN));
        awaitAll(LAST_WRITES);
    }

    private void awaitAll(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        for (JobRun run : held.all()) {
            if (!run.awaitEnd(Math.max(0, end - System.nanoTime()))) {
                return;
            }
        }
    }
}
