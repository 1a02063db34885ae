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
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The life of the process: waits for the database and the folder, runs, drains. What is periodic (walks, probes of closed
 * gates, gauges of the whole queue) begins when the start is complete and ends when the shutdown begins.
 */
@ApplicationScoped
public class Daemon {
    private static final Logger LOG = Logger.getLogger(Daemon.class);
    private static final Duration OPEN_AGAIN = Duration.ofSeconds(1);
    private static final Duration PROBE_EVERY = Duration.ofSeconds(1);
    private static final Duration COUNT_EVERY = Duration.ofSeconds(1);

    /** One listing of the account's private images each, of which Linode allows few. */
    private static final Duration SWEEP_EVERY = Duration.ofMinutes(10);

    private static final Duration FIRST_SWEEP = Duration.ofMinutes(1);

    /** A run that is under way at the shutdown may go on for so long, and as long again when it is interrupted. */
    private static final Duration LAST_RUNS = Duration.ofSeconds(2);

    private final SchemaMigration migration;
    private final QueueWatch queueWatch;
    private final KnownFolders knownFolders;
    private final TokenSource token;
    private final Composition.Settings settings;
    private final Composition.Parts parts;
    private final BandwidthShare share;
    private final Schedule schedule = new Schedule();
    private final Walks walks;
    private final Thread starter =
            Thread.ofPlatform().name("imageferry-start").daemon().unstarted(this::open);

    private volatile @Nullable FolderService service;
    private volatile @Nullable QueueCounts counts;
    private long tokenVersion;

    Daemon(
            SchemaMigration migration,
            QueueWatch queueWatch,
            KnownFolders knownFolders,
            TokenSource token,
            Composition.Settings settings,
            Composition.Parts parts,
            JobMetrics metrics,
            Bandwidth bandwidth,
            BandwidthShare share) {
        this.migration = migration;
        this.queueWatch = queueWatch;
        this.knownFolders = knownFolders;
        this.token = token;
        this.settings = settings;
        this.parts = parts;
        this.share = share;
        this.tokenVersion = token.version();
        this.walks = new Walks(settings.drop().scanEvery(), parts.ticker(), parts.clock());
        // closed until Linode has been asked: nothing is begun on a token that is not accepted
        Gates gates = parts.gates();
        gates.starting(Gate.API, new Problem(ErrorCode.LINODE_UNAVAILABLE, "Linode's API has not been asked yet"));
        gates.starting(Gate.TOKEN, new Problem(ErrorCode.LINODE_UNAUTHORIZED, "the token has not been tried yet"));
        migration.whileWaiting(reason -> gates.close(Gate.DATABASE, DatabaseOutage.because(reason)));
        new DaemonGauges(this, gates, bandwidth).register(metrics);
    }

    /** Begins; returns at once. Database and folder are waited for. */
    public void start() {
        starter.start();
    }

    /** The parts that run; empty until database and folder are there. */
    Optional<FolderService> service() {
        return Optional.ofNullable(service);
    }

    /** The figures of the whole queue as of the last second; empty before the first look. */
    Optional<QueueCounts> counts() {
        return Optional.ofNullable(counts);
    }

    private void open() {
        try {
            migration.migrateWhenReachable();
            if (!migration.migrated()) {
                return; // a shutdown came first
            }
            parts.gates().open(Gate.DATABASE);
            DropFolder folder = openFolder();
            if (EmbeddedDatasourceSource.isAnnounced()) {
                // the database is ours alone by its lock: whoever held a lease is dead
                parts.leases().letAllRunOut();
            }
            FolderService opened = Composition.serve(folder, settings, parts);
            opened.start();
            walks.walked();
            service = opened;
            schedule.every(settings.drop().scanEvery(), "scan", this::scan);
            schedule.every(PROBE_EVERY, "probe", this::probe);
            schedule.every(COUNT_EVERY, "count", this::count);
            schedule.every(FIRST_SWEEP, SWEEP_EVERY, "sweep", this::sweep);
            LOG.infof("ready: drop .img.gz files into %s", folder.root());
        } catch (InterruptedException e) {
            LOG.debug("ended before it had begun");
        } catch (SQLException | RuntimeException e) {
            LOG.error("the daemon cannot begin its work", e);
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
            Thread.sleep(OPEN_AGAIN);
        }
    }

    private void scan() {
        service().ifPresent(FolderService::scan);
        walks.walked();
    }

    /** Why the folder counts as not looked at; empty while the walks go on. */
    Optional<String> walksStandstill() {
        return service == null ? Optional.empty() : walks.standstill();
    }

    private void sweep() throws InterruptedException {
        Optional<FolderService> running = service();
        if (running.isPresent()) {
            running.get().sweep();
        }
    }

    /** A closed gate is tried by one at a time; a token that has changed at once. */
    private void probe() throws InterruptedException {
        Gates gates = parts.gates();
        String current = token.current(); // looks whether the file has changed
        if (token.version() != tokenVersion && !current.isEmpty()) {
            tokenVersion = token.version();
            gates.tryNow(Gate.TOKEN);
        }
        boolean due = isTryDue(gates, Gate.API) || isTryDue(gates, Gate.TOKEN);
        if (due) {
            parts.probe().probe();
            service().ifPresent(FolderService::wake);
        }
    }

    private static boolean isTryDue(Gates gates, Gate gate) {
        return !gates.isOpen(gate) && gates.admit(gate).isEmpty();
    }

    /** One query for all gauges of the whole queue; never from the scrape. */
    void count() {
        try {
            QueueCounts now = queueWatch.counts();
            counts = now;
            share.apply(now.bandwidthOrNull(), now.uploadsInProgress(), ourUploads());
        } catch (RuntimeException e) {
            parts.gates().close(Gate.DATABASE, DatabaseOutage.of(e).orElseThrow(() -> e));
        }
    }

    private long ourUploads() {
        return service().stream()
                .flatMap(running -> running.leaseKeeper().all().stream())
                .filter(run -> run.lane() == Lane.UPLOAD)
                .count();
    }

    /**
     * Ends the work; returns when running uploads have ended or the grace is up, and everything is written. On a signal
     * Quarkus stops from its own shutdown hook, whatever the main thread does: this event comes before anything is
     * stopped and is waited for, so HTTP and database are still there.
     */
    void drain(@Observes ShutdownEvent event) throws InterruptedException {
        migration.abandon();
        starter.interrupt();
        starter.join();
        schedule.stop();
        FolderService running = service;
        if (running != null) {
            running.drain();
        }
        schedule.close(LAST_RUNS);
    }
}
