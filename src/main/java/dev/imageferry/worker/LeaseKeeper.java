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
 * The jobs that this instance holds. A thread of its own renews their leases six times a lease and writes progress once
 * a second; a run whose lease is lost, or could not be renewed for a whole lease, is stopped at once.
 */
public final class LeaseKeeper {
    private static final Logger LOG = Logger.getLogger(LeaseKeeper.class);
    private static final Duration PROGRESS_EVERY = Duration.ofSeconds(1);
    private static final int BEATS_PER_LEASE = 6;

    private final Leases leases;
    private final Gates gates;
    private final UUID folderId;
    private final Map<UUID, JobRun> turns = new ConcurrentHashMap<>();
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
        turns.put(run.job().id(), run);
    }

    public void remove(JobRun run) {
        turns.remove(run.job().id(), run);
    }

    public Collection<JobRun> all() {
        return List.copyOf(turns.values());
    }

    public Optional<JobRun> find(UUID job) {
        return Optional.ofNullable(turns.get(job));
    }

    private void keep() {
        long beatNanos = leases.duration().toNanos() / BEATS_PER_LEASE;
        long lastBeat = System.nanoTime() - beatNanos;
        long lastGood = System.nanoTime();
        long lastLook = lastGood;
        while (!ended) {
            long now = System.nanoTime();
            long sinceLook = now - lastLook;
            lastLook = now;
            all().forEach(run -> run.progress().ifPresent(progress -> progress.look(Duration.ofNanos(sinceLook))));
            try {
                if (now - lastBeat >= beatNanos || !gates.isOpen(Gate.DATABASE)) {
                    lastBeat = now;
                    beat();
                    lastGood = now;
                    gates.open(Gate.DATABASE);
                }
                leases.progress(held());
                stopCancelled(leases.cancelled(held()));
            } catch (SQLException e) {
                gates.close(Gate.DATABASE, DatabaseOutage.problem(e));
            }
            if (System.nanoTime() - lastGood >= leases.duration().toNanos()) {
                all().forEach(run -> run.stop(JobRun.Stop.LEASE_LOST));
            }
            try {
                Thread.sleep(Math.min(PROGRESS_EVERY.toMillis(), beatNanos / 1_000_000));
            } catch (InterruptedException e) {
                return; // the daemon has ended
            }
        }
    }

    private void beat() throws SQLException {
        Collection<Leases.Held> held = held();
        Set<UUID> ours = leases.renew(folderId, held);
        for (Leases.Held one : held) {
            JobRun run = turns.get(one.id());
            if (run != null && !run.isFinished() && run.job().leaseEpoch() == one.epoch() && !ours.contains(one.id())) {
                MDC.put(JobRunner.JOB, one.id());
                LOG.warnf("lease lost job=%s", one.id());
                MDC.remove(JobRunner.JOB);
                run.stop(JobRun.Stop.LEASE_LOST);
            }
        }
    }

    /** A user's wish is looked for each second, whichever instance was told of it. */
    private void stopCancelled(List<UUID> cancelled) {
        cancelled.stream().flatMap(id -> find(id).stream()).forEach(run -> run.stop(JobRun.Stop.CANCEL_REQUESTED));
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
