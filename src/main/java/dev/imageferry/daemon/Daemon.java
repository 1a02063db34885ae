package dev.imageferry.daemon;

import dev.imageferry.database.EmbeddedDatasourceSource;
import dev.imageferry.database.SchemaMigration;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.Opening;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import dev.imageferry.linode.Bandwidth;
import dev.imageferry.linode.TokenSource;
import dev.imageferry.queue.DatabaseOutage;
import dev.imageferry.queue.KnownFolders;
import dev.imageferry.queue.Lane;
import dev.imageferry.queue.QueueCounts;
import dev.imageferry.queue.QueueWatch;
import dev.imageferry.queue.Retention;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.JobRun;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Starts and stops the daemon: waits for the database and the folder, then runs scans, probes, sweeps and counts periodically
 * until the shutdown.
 */
@ApplicationScoped
public class Daemon {
    private static final Logger LOG = Logger.getLogger(Daemon.class);
    private static final Duration OPEN_RETRY_PAUSE = Duration.ofSeconds(1);
    private static final Duration PROBE_EVERY = Duration.ofSeconds(1);
    private static final Duration COUNT_EVERY = Duration.ofSeconds(1);
    private static final Duration IDLE_COUNT_EVERY = Duration.ofSeconds(5);

    /** Each sweep lists the private images of the account, and Linode allows few listings. */
    private static final Duration SWEEP_EVERY = Duration.ofMinutes(10);

    private static final Duration FIRST_SWEEP = Duration.ofMinutes(1);
    private static final Duration REMOVE_EVERY = Duration.ofHours(1);

    /** How long periodic tasks may finish at the shutdown, and again after they are interrupted. */
    private static final Duration TASK_GRACE = Duration.ofSeconds(2);

    private final SchemaMigration migration;
    private final QueueWatch queueWatch;
    private final Retention retention;
    private final KnownFolders knownFolders;
    private final TokenSource token;
    private final Composition.Settings settings;
    private final Composition.Parts parts;
    private final BandwidthShare share;
    private final Webhook webhook;
    private final FamilySchedule families;
    private final Throughput throughput = new Throughput();
    private final Schedule schedule = new Schedule();
    private final IdleMemory idleMemory = IdleMemory.ofThisProcess();
    private final Walks walks;
    private final Thread starter =
            Thread.ofPlatform().name("imageferry-start").daemon().unstarted(this::open);

    private volatile @Nullable FolderService service;
    private volatile @Nullable QueueCounts counts;
    private long tokenVersion;
    private volatile long countedNanos;

    Daemon(
            SchemaMigration migration,
            QueueWatch queueWatch,
            Retention retention,
            KnownFolders knownFolders,
            TokenSource token,
            Composition.Settings settings,
            Composition.Parts parts,
            JobMetrics metrics,
            Bandwidth bandwidth,
            BandwidthShare share,
            Webhook webhook,
            FamilySchedule families) {
        this.migration = migration;
        this.queueWatch = queueWatch;
        this.retention = retention;
        this.knownFolders = knownFolders;
        this.token = token;
        this.settings = settings;
        this.parts = parts;
        this.share = share;
        this.webhook = webhook;
        this.families = families;
        this.tokenVersion = token.version();
        this.walks = new Walks(settings.drop().scanEvery(), parts.ticker(), parts.clock());
        // no work starts before Linode has accepted the token
        Gates gates = parts.gates();
        gates.starting(Gate.API, new Problem(ErrorCode.LINODE_UNAVAILABLE, "Linode's API has not been called yet"));
        gates.starting(Gate.TOKEN, new Problem(ErrorCode.LINODE_UNAUTHORIZED, "the token has not been tried yet"));
        migration.whileWaiting(reason -> gates.close(Gate.DATABASE, DatabaseOutage.because(reason)));
        new DaemonGauges(this, gates, bandwidth).register(metrics);
    }

    /** Starts the daemon in the background and returns at once. */
    public void start() {
        starter.start();
    }

    /** The running service; empty until the database and the folder are available. */
    Optional<FolderService> service() {
        return Optional.ofNullable(service);
    }

    /** The jobs that this instance runs now; none until the folder is open. */
    Collection<JobRun> runs() {
        FolderService running = service;
        return running == null ? List.of() : running.leaseKeeper().all();
    }

    /** The run of a job on this instance. */
    Optional<JobRun> run(UUID job) {
        return runs().stream().filter(run -> run.job().id().equals(job)).findFirst();
    }

    /** What the last scan of the folder found; nothing until the folder is open. */
    Intake.Seen seen() {
        FolderService running = service;
        return running == null ? Intake.NOTHING_SEEN : running.intake().seen();
    }

    /** Makes this instance look for work at once. */
    void wake() {
        FolderService running = service;
        if (running != null) {
            running.wake();
        }
    }

    /** The counts of the whole queue, at most five seconds old; empty before the first query. */
    Optional<QueueCounts> counts() {
        return Optional.ofNullable(counts);
    }

    Throughput throughput() {
        return throughput;
    }

    private void open() {
        try {
            migration.migrateWhenReachable();
            if (!migration.migrated()) {
                return; // the shutdown came first
            }
            parts.gates().open(Gate.DATABASE);
            DropFolder folder = openFolder();
            if (EmbeddedDatasourceSource.isAnnounced()) {
                // the lock of the embedded database proves that all previous holders are dead
                parts.leases().letAllRunOut();
            }
            FolderService opened = FolderComposition.serve(folder, settings, parts);
            opened.start();
            walks.walked(Duration.ZERO);
            service = opened;
            schedule.every(settings.drop().scanEvery(), "scan", this::scan);
            schedule.every(PROBE_EVERY, "probe", this::probe);
            schedule.every(COUNT_EVERY, "count", this::countIfDue);
            schedule.every(
                    IdleMemory.LOOK_EVERY, IdleMemory.LOOK_EVERY, "memory", () -> idleMemory.look(runs().isEmpty()));
            schedule.every(FIRST_SWEEP, SWEEP_EVERY, "sweep", this::sweep);
            schedule.every(FIRST_SWEEP, REMOVE_EVERY, "history", this::removeOldJobs);
            families.start(schedule);
            webhook.start(schedule);
            LOG.infof("ready: drop images into %s", folder.root());
            ServiceManager.ready();
            if (settings.image().region().isEmpty()) {
                LOG.warn(
                        "no default region is set (imageferry.image.region); files whose sidecar names none are rejected");
            }
        } catch (InterruptedException e) {
            LOG.debug("start interrupted by the shutdown");
        } catch (SQLException | RuntimeException e) {
            LOG.error("the daemon cannot start", e);
            Quarkus.asyncExit(1);
        }
    }

    private DropFolder openFolder() throws InterruptedException {
        Path directory = settings.drop().directory();
        UUID known = knownFolders.find(directory).orElse(null);
        while (true) {
            switch (DropFolder.open(directory, known)) {
                case Opening.Opened opened -> {
                    knownFolders.remember(directory, opened.folder().id());
                    parts.gates().open(Gate.FOLDER);
                    return opened.folder();
                }
                case Opening.Closed closed -> parts.gates().close(Gate.FOLDER, closed.problem());
            }
            Thread.sleep(OPEN_RETRY_PAUSE);
        }
    }

    private void scan() {
        if (walks.isDue(!seen().settling().isEmpty())) {
            long begun = parts.ticker().nanos();
            service().ifPresent(FolderService::scan);
            walks.walked(Duration.ofNanos(parts.ticker().nanos() - begun));
        }
    }

    /** Why the scans count as stopped; empty while they run regularly. */
    Optional<String> walksStandstill() {
        return service == null ? Optional.empty() : walks.standstill();
    }

    private void sweep() throws InterruptedException {
        Optional<FolderService> running = service();
        if (running.isPresent()) {
            running.get().sweep();
        }
    }

    private void removeOldJobs() {
        Duration keep = settings.history().keep();
        try {
            long removed = retention.remove(keep, settings.drop().deduplicate());
            LOG.debugf("removed %d jobs that were archived more than %d h ago", removed, keep.toHours());
        } catch (RuntimeException e) {
            closeGate(e);
        }
    }

    /** Tries closed gates that are due, and a changed token at once. */
    private void probe() throws InterruptedException {
        Gates gates = parts.gates();
        String current = token.current(); // reads the file again if it has changed
        if (token.version() != tokenVersion && !current.isEmpty()) {
            tokenVersion = token.version();
            gates.tryNow(Gate.TOKEN);
        }
        boolean due = isTryDue(gates, Gate.API) || isTryDue(gates, Gate.TOKEN);
        if (due) {
            parts.probe().probe();
            wake();
        }
    }

    private static boolean isTryDue(Gates gates, Gate gate) {
        return !gates.isOpen(gate) && gates.admit(gate).isEmpty();
    }

    /** Counts on a schedule, so that a scrape never queries the database, and less often while nothing is uploaded. */
    private void countIfDue() {
        if (isUploading() || parts.ticker().nanos() - countedNanos >= IDLE_COUNT_EVERY.toNanos()) {
            count();
        }
    }

    /** Counts the whole queue, and applies its bandwidth limit. */
    void count() {
        countedNanos = parts.ticker().nanos();
        try {
            QueueCounts now = queueWatch.counts();
            counts = now;
            throughput.record(parts.ticker().nanos(), now.bytesSent());
            share.apply(now.bandwidthOrNull(), now.uploadsInProgress(), ourUploads());
        } catch (RuntimeException e) {
            share.applyTimetable(); // running uploads go on without the database
            closeGate(e);
        }
    }

    /** Throws the failure if it is not an outage of the database. */
    private void closeGate(RuntimeException failure) {
        parts.gates().close(Gate.DATABASE, DatabaseOutage.of(failure).orElseThrow(() -> failure));
    }

    /** Whether this instance runs a job, or another one was uploading at the last count. */
    private boolean isUploading() {
        QueueCounts before = counts;
        return before == null || before.uploadsInProgress() > 0 || !runs().isEmpty();
    }

    private long ourUploads() {
        return runs().stream().filter(run -> run.lane() == Lane.UPLOAD).count();
    }

    /**
     * Stops the daemon. Returns when running uploads have ended or the grace is over, and all results are written. Quarkus fires
     * this event before it stops HTTP and the database, and waits for it.
     */
    void drain(@Observes ShutdownEvent event) throws InterruptedException {
        migration.abandon();
        starter.interrupt();
        starter.join();
        schedule.stop();
        webhook.stop();
        FolderService running = service;
        if (running != null) {
            running.drain();
        }
        webhook.close(TASK_GRACE);
        schedule.close(TASK_GRACE);
    }
}
