package dev.imageferry.worker;

import dev.imageferry.job.UploadProgress;
import dev.imageferry.queue.DatabaseOutage;
import dev.imageferry.queue.Leases;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Holds the runs of this instance, renews their leases and writes their progress. A run is stopped if its lease is lost, or
 * if it could not be renewed for a whole lease duration.
 */
public final class LeaseKeeper {
    private static final Logger LOG = Logger.getLogger(LeaseKeeper.class);
    private static final Duration PROGRESS_EVERY = Duration.ofSeconds(1);
    private static final int BEATS_PER_LEASE = 6;

    private final Leases leases;
    private final Gates gates;
    private final UUID folderId;
    private final Map<UUID, JobRun> runs = new ConcurrentHashMap<>();
    private final Thread keeper;
    private volatile boolean ended;

    public LeaseKeeper(Leases leases, Gates gates, UUID folderId) {
        this.leases = leases;
        this.gates = gates;
        this.folderId = folderId;
        this.keeper = Thread.ofPlatform().name("imageferry-leases").daemon().unstarted(this::keep);
    }

    public void start() {
        keeper.start();
    }

    public void add(JobRun run) {
        runs.put(run.job().id(), run);
    }

    public void remove(JobRun run) {
        runs.remove(run.job().id(), run);
    }

    public Collection<JobRun> all() {
        return List.copyOf(runs.values());
    }

    public Optional<JobRun> find(UUID job) {
        return Optional.ofNullable(runs.get(job));
    }

    private void keep() {
        long beatNanos = leases.duration().toNanos() / BEATS_PER_LEASE;
        long lastBeat = System.nanoTime() - beatNanos;
        long lastGood = System.nanoTime();
        long lastUpdate = lastGood;
        while (!ended) {
            long now = System.nanoTime();
            long sinceUpdate = now - lastUpdate;
            lastUpdate = now;
            all().forEach(run -> run.progress().ifPresent(progress -> progress.look(Duration.ofNanos(sinceUpdate))));
            try {
                if (now - lastBeat >= beatNanos || !gates.isOpen(Gate.DATABASE)) {
                    lastBeat = now;
                    beat();
                    lastGood = now;
                    gates.open(Gate.DATABASE);
                }
                if (!runs.isEmpty()) {
                    Collection<Leases.Held> held = held();
                    leases.progress(held);
                    stopCancelled(leases.cancelled(held));
                }
            } catch (SQLException e) {
                gates.close(Gate.DATABASE, DatabaseOutage.problem(e));
            }
            if (System.nanoTime() - lastGood >= leases.duration().toNanos()) {
                all().forEach(run -> run.requestStop(JobRun.StopReason.LEASE_LOST));
            }
            try {
                Thread.sleep(Math.min(PROGRESS_EVERY.toMillis(), beatNanos / 1_000_000));
            } catch (InterruptedException e) {
                return; // end() was called
            }
        }
    }

    private void beat() throws SQLException {
        Collection<Leases.Held> held = held();
        Set<UUID> ours = leases.renew(folderId, held);
        for (Leases.Held one : held) {
            JobRun run = runs.get(one.id());
            if (run != null && !run.isFinished() && run.job().leaseEpoch() == one.epoch() && !ours.contains(one.id())) {
                MDC.put(JobRunner.JOB, one.id());
                LOG.warnf("lease lost job=%s", one.id());
                MDC.remove(JobRunner.JOB);
                run.requestStop(JobRun.StopReason.LEASE_LOST);
            }
        }
    }

    /** Stops cancelled jobs, whichever instance received the request. */
    private void stopCancelled(List<UUID> cancelled) {
        cancelled.stream()
                .flatMap(id -> find(id).stream())
                .forEach(run -> run.requestStop(JobRun.StopReason.CANCEL_REQUESTED));
    }

    private Collection<Leases.Held> held() {
        return all().stream()
                .map(run -> new Leases.Held(
                        run.job().id(),
                        run.job().leaseEpoch(),
                        run.progress().map(UploadProgress::bytesSent).orElse(-1L)))
                .toList();
    }

    public void end() {
        ended = true;
        keeper.interrupt();
    }
}
