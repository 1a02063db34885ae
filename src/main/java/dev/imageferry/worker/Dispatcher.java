package dev.imageferry.worker;

import dev.imageferry.job.Job;
import dev.imageferry.queue.Claim;
import dev.imageferry.queue.Claims;
import dev.imageferry.queue.Lane;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/**
 * Claims due jobs for free slots and runs their steps, each job on its own thread. It claims in the lanes that were rung: because a
 * slot was freed, a pause is over, or someone created work. Every {@link #LOOK_EVERY} it also asks the queue, because other
 * instances create work and lose leases.
 */
public final class Dispatcher {
    private static final Logger LOG = Logger.getLogger(Dispatcher.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(5);
    /** Time after the grace for closing connections, writing results and moving a file. */
    private static final Duration LAST_WRITES = Duration.ofSeconds(15);

    private final Claims claims;
    private final UUID folderId;
    private final JobRunner runner;
    private final RunFactory runs;
    private final DatabaseRetry database;
    private final RunStarter starter;
    private final LeaseKeeper leaseKeeper;
    private final Gates gates;
    private final JobListener listener;
    private final Slots slots;
    private final PutPermits puts;
    private final Bells bells = new Bells();
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

    /** Creates the run of a job. */
    @FunctionalInterface
    public interface RunFactory {
        JobRun create(Job job, Lane lane);
    }

    public Dispatcher(
            Claims claims,
            UUID folderId,
            JobRunner runner,
            RunFactory runs,
            DatabaseRetry database,
            RunStarter starter,
            LeaseKeeper leaseKeeper,
            Gates gates,
            JobListener listener,
            Slots slots,
            PutPermits puts) {
        this.claims = claims;
        this.folderId = folderId;
        this.runner = runner;
        this.runs = runs;
        this.database = database;
        this.starter = starter;
        this.leaseKeeper = leaseKeeper;
        this.gates = gates;
        this.listener = listener;
        this.slots = slots;
        this.puts = puts;
        this.thread = Thread.ofPlatform().name("imageferry-dispatcher").daemon().unstarted(this::loop);
    }

    public void start() {
        thread.start();
    }

    /** Looks for due jobs in all lanes now. */
    public void wake() {
        bells.ring(EnumSet.allOf(Lane.class));
    }

    private void loop() {
        try {
            while (!slots.isClosed()) {
                dispatch(bells.await(LOOK_EVERY).orElseGet(this::look));
            }
        } catch (InterruptedException e) {
            LOG.debug("dispatcher interrupted");
        }
    }

    /** Returns the lanes that have due jobs. */
    private Set<Lane> look() {
        if (!gates.isOpen(Gate.DATABASE)) {
            return Set.of();
        }
        try {
            return claims.due(folderId);
        } catch (RuntimeException e) {
            cannotClaim(e);
            return Set.of();
        }
    }

    /** Claims due jobs for all free slots whose gates are open, and starts their runs. */
    public void dispatch() {
        dispatch(EnumSet.allOf(Lane.class));
    }

    private void dispatch(Collection<Lane> lanes) {
        for (Lane lane : lanes) {
            if (gates.areOpen(lane)) {
                try {
                    int claimed;
                    do {
                        claimed = claim(lane);
                    } while (claimed == Claims.MOST);
                } catch (RuntimeException e) {
                    cannotClaim(e);
                    return;
                }
            }
        }
    }

    /** Claims jobs for the free slots, starts their runs, and returns their number. */
    private int claim(Lane lane) {
        int free = slots.takeAll(lane);
        if (free == 0) {
            return 0;
        }
        List<Claim> claimed = List.of();
        try {
            claimed = claims.claim(lane, folderId, free);
        } finally {
            if (claimed.size() < free) {
                slots.returnUnused(lane, free - claimed.size());
            }
        }
        claimed.forEach(claim -> begin(claim, lane));
        return claimed.size();
    }

    private void cannotClaim(RuntimeException failure) {
        if (database.closeGate(failure).isEmpty()) {
            LOG.error("bug: jobs cannot be claimed, retrying in " + LOOK_EVERY.toSeconds() + " s", failure);
        }
    }

    private void begin(Claim claim, Lane lane) {
        Job job = claim.job();
        MDC.put(JobRunner.JOB, job.id());
        try {
            JobRun run = hold(job, lane);
            listener.claimed(claim);
            starter.start("imageferry-" + lane.name().toLowerCase(Locale.ROOT) + "-" + job.id(), () -> runSteps(run));
        } finally {
            MDC.remove(JobRunner.JOB);
        }
    }

    /** Runs one step, and the next ones as long as the results keep the lease. */
    private void runSteps(JobRun first) {
        JobRun run = first;
        while (run != null) {
            run = runStep(run);
        }
    }

    /** Returns the run of the next step; null if the lease was returned or lost. */
    private @Nullable JobRun runStep(JobRun run) {
        JobRun next = null;
        try {
            Optional<StepResult> result = runner.run(run);
            if (result.isPresent()) {
                next = after(result.get());
            }
        } finally {
            leaseKeeper.remove(run);
            run.freeSlot();
            run.markEnded();
        }
        return next;
    }

    private @Nullable JobRun after(StepResult result) {
        Claim next = result.nextOrNull();
        if (next != null) {
            return hold(next.job(), Lane.of(next.job().state()));
        }
        Job job = result.after();
        if (!job.isArchived()) {
            Lane lane = Lane.of(job.state());
            if (result.pause().isZero()) {
                slots.due(lane);
            }
            bells.ringAfter(result.pause(), lane);
        }
        return null;
    }

    /** Creates the run of a job that this instance has a lease and a slot for. */
    private JobRun hold(Job job, Lane lane) {
        JobRun run = runs.create(job, lane);
        run.holdSlot(() -> {
            if (slots.release(lane)) {
                bells.ring(Set.of(lane));
            }
        });
        leaseKeeper.add(run);
        return run;
    }

    /**
     * Stops claiming, interrupts checks, polls and uploads that wait for a permit, gives the other uploads the grace, then interrupts
     * them too. Returns when all results are written or {@link #LAST_WRITES} is over. Leases are still renewed during this time.
     */
    public void drain(Duration grace) throws InterruptedException {
        slots.close();
        puts.close();
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
