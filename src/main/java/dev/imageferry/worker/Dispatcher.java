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

/** Claims due jobs when slots are free, at least once a second, and runs one step of each job on its own thread. */
public final class Dispatcher {
    private static final Logger LOG = Logger.getLogger(Dispatcher.class);
    private static final long POLL_NANOS = Duration.ofSeconds(1).toNanos();
    /** Time after the grace for closing connections, writing results and moving a file. */
    private static final Duration LAST_WRITES = Duration.ofSeconds(15);

    private final JobQueue queue;
    private final UUID folderId;
    private final JobRunner runner;
    private final DatabaseRetry database;
    private final RunStarter starter;
    private final LeaseKeeper leaseKeeper;
    private final Gates gates;
    private final JobListener listener;
    private final Map<Lane, Integer> slots;
    private final Map<Lane, AtomicInteger> running = new EnumMap<>(Lane.class);
    private final Thread thread;

    /** Starts the runs. */
    @FunctionalInterface
    public interface RunStarter {
        /** Starts each run on a new thread. */
        RunStarter THREADS =
                (name, run) -> Thread.ofPlatform().name(name).daemon().start(run);

        /**
         * Starts a run.
         *
         * @param name the name of its thread
         */
        void start(String name, Runnable run);
    }

    private final Object wakeLock = new Object();
    private boolean woken;
    private long wakeAtNanos;
    private volatile boolean draining;

    public Dispatcher(
            JobQueue queue,
            UUID folderId,
            JobRunner runner,
            DatabaseRetry database,
            RunStarter starter,
            LeaseKeeper leaseKeeper,
            Gates gates,
            JobListener listener,
            Map<Lane, Integer> slots) {
        this.queue = queue;
        this.folderId = folderId;
        this.runner = runner;
        this.database = database;
        this.starter = starter;
        this.leaseKeeper = leaseKeeper;
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

    /** Makes the dispatcher look for due jobs now. */
    public void wake() {
        synchronized (wakeLock) {
            woken = true;
            wakeLock.notifyAll();
        }
    }

    private void wakeAfter(Duration pause) {
        synchronized (wakeLock) {
            wakeAtNanos = Math.min(wakeAtNanos, System.nanoTime() + pause.toNanos());
            wakeLock.notifyAll();
        }
    }

    private void awaitWake() throws InterruptedException {
        synchronized (wakeLock) {
            while (!woken && System.nanoTime() - wakeAtNanos < 0) {
                wakeLock.wait(Math.max(1, (wakeAtNanos - System.nanoTime()) / 1_000_000));
            }
            woken = false;
            long now = System.nanoTime();
            if (now - wakeAtNanos >= 0) {
                wakeAtNanos = now + POLL_NANOS;
            }
        }
    }

    private void loop() {
        try {
            while (!draining) {
                dispatch();
                awaitWake();
            }
        } catch (InterruptedException e) {
            LOG.debug("dispatcher interrupted");
        }
    }

    /** Claims due jobs for all free slots whose gates are open, and starts their runs. */
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
            LOG.error("bug: jobs cannot be claimed, retrying in a second", failure);
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
            startRun(claim, lane);
        } finally {
            MDC.remove(JobRunner.JOB);
        }
    }

    private void startRun(Claim claim, Lane lane) {
        Job job = claim.job();
        JobRun run = new JobRun(job, lane, queue, database);
        running(lane).incrementAndGet();
        leaseKeeper.add(run);
        listener.claimed(claim);
        starter.start("imageferry-" + lane.name().toLowerCase(Locale.ROOT) + "-" + job.id(), () -> run(run));
    }

    private void run(JobRun run) {
        try {
            runner.run(run).ifPresent(this::wakeAfter);
        } finally {
            leaseKeeper.remove(run);
            running(run.lane()).decrementAndGet();
            run.markEnded();
            wake();
        }
    }

    /**
     * Stops claiming, interrupts checks and polls, gives uploads the grace, then interrupts them too. Returns when all results
     * are written or {@link #LAST_WRITES} is over. Leases are still renewed during this time.
     */
    public void drain(Duration grace) throws InterruptedException {
        draining = true;
        wake();
        thread.join();
        leaseKeeper.all().stream()
                .filter(run -> run.lane() == Lane.CHECK || run.lane() == Lane.AWAIT)
                .forEach(run -> run.requestStop(JobRun.StopReason.SHUTDOWN));
        awaitAll(grace);
        leaseKeeper.all().forEach(run -> run.requestStop(JobRun.StopReason.SHUTDOWN));
        awaitAll(LAST_WRITES);
    }

    private void awaitAll(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        for (JobRun run : leaseKeeper.all()) {
            if (!run.awaitEnd(Math.max(0, end - System.nanoTime()))) {
                return;
            }
        }
    }
}
