package dev.imageferry.upload;

import dev.imageferry.drop.Archive;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.DropScanner;
import dev.imageferry.drop.DropWatch;
import dev.imageferry.drop.Incoming;
import dev.imageferry.drop.MetadataDefaults;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.drop.SettleTracker;
import dev.imageferry.image.GzipInspector;
import dev.imageferry.image.ImageLimits;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.queue.InstanceName;
import dev.imageferry.queue.Lane;
import dev.imageferry.queue.Leases;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All parts of a running daemon, put together: from the open folder to the dispatcher. */
final class Ferry {
    /** Looks at Linode take milliseconds each; so many at a time keep up with thousands of images. */
    private static final int AWAIT_SLOTS = 8;

    private static final int ARCHIVE_SLOTS = 2;
    private static final int CANCEL_SLOTS = 2;

    private final DropFolder folder;
    private final Intake intake;
    private final MetadataReader metadata;
    private final Archive archive;
    private final Incoming incoming;
    private final HeldJobs held;
    private final OrphanSweep orphanSweep;
    private final InstanceLocks locks;
    private final Leases leases;
    private final DatabaseRetry database;
    private final Dispatcher dispatcher;
    private final Duration grace;
    private final Gates gates;
    private volatile boolean draining;
    private @Nullable DropWatch watch;

    Ferry(DropFolder folder, Settings settings, Surroundings with) {
        this.folder = folder;
        this.grace = settings.shutdown().grace();
        MetadataDefaults defaults = new MetadataDefaults(
                settings.image().region().orElse(null),
                settings.image().tags().orElse(List.of()),
                settings.image().description(),
                settings.image().cloudInit(),
                settings.image().replicateTo().orElse(List.of()));
        this.metadata = new MetadataReader(
                folder, defaults, (path, sidecar) -> with.queue().isLeftOver(folder.id(), path, sidecar));
        this.gates = with.gates();
        LinodeImages linode = with.linode();
        ServiceHealth health = with.health();
        UploadMetrics metrics = with.metrics();
        this.intake = new Intake(
                folder,
                new DropScanner(folder, with.clock()),
                new SettleTracker(settings.drop().settle(), with.ticker()),
                metadata,
                defaults,
                with.offers(),
                gates,
                new LateSidecars(metadata, with.queue(), folder.id()),
                new GrownFiles(folder, with.offers(), with.ticker()),
                settings.drop().settle());
        Elapsed elapsed = new Elapsed(with.ticker());
        TaggedImages tagged = new TaggedImages(linode, with.clock().instant());
        ImageRemoval removal = new ImageRemoval(linode, with.queue(), tagged, health, metrics.orphansDeleted());
        ImageFate fate = new ImageFate(linode, health, elapsed);
        ImageLook look = new ImageLook(linode, health, fate);
        GzipInspector inspector = new GzipInspector(
                new ImageLimits(
                        settings.limits().compressed().asLongValue(),
                        settings.limits().uncompressed().asLongValue()),
                settings.check().contents());
        Steps steps = new Steps(
                folder,
                with.queue(),
                removal,
                new CheckFile(folder, metadata, inspector, settings.drop().incompleteAfter(), metrics.check()),
                new CreateImage(
                        linode,
                        with.queue(),
                        metadata,
                        removal,
                        tagged,
                        health,
                        gates,
                        settings.drop().deduplicate()),
                new PutImage(
                        folder,
                        linode,
                        with.bucket(),
                        removal,
                        tagged,
                        fate,
                        health,
                        gates,
                        settings.poll(),
                        elapsed,
                        metrics),
                new AwaitImage(look, fate, settings.poll(), elapsed),
                new ReplicateImage(linode, look, settings.poll(), elapsed));
        this.archive = new Archive(folder);
        this.incoming = new Incoming(folder, settings.limits().compressed().asLongValue());
        incoming.removeAbandoned(with.clock().instant());
        ArchiveFile archiveFile = new ArchiveFile(
                archive,
                removal,
                settings.drop().whenDone(),
                with.json(),
                settings.retry().maxAttempts());
        this.orphanSweep = new OrphanSweep(linode, with.queue(), health, metrics.orphansDeleted());
        this.held = new HeldJobs(with.leases(), gates, folder.id());
        this.locks = new InstanceLocks(
                folder, InstanceName.hostName(), with.instance().value());
        this.leases = with.leases();
        this.database = new DatabaseRetry(gates, with.connections(), with.pause());
        this.dispatcher = new Dispatcher(
                with.queue(),
                folder.id(),
                new JobRunner(
                        with.queue(),
                        steps,
                        archiveFile,
                        new JobLifecycle(settings.retry().policy(), with.random()),
                        database,
                        metrics),
                database,
                with.starter(),
                held,
                gates,
                metrics,
                with.changes(),
                Map.of(
                        Lane.CANCEL,
                        CANCEL_SLOTS,
                        Lane.CHECK,
                        settings.check()
                                .concurrency()
                                .orElse(Runtime.getRuntime().availableProcessors()),
                        Lane.UPLOAD,
                        settings.upload().concurrency(),
                        Lane.AWAIT,
                        AWAIT_SLOTS,
                        Lane.ARCHIVE,
                        ARCHIVE_SLOTS));
    }

    /** Begins: leases first, so that nothing is claimed that could not be kept. */
    void start() throws SQLException {
        leases.letRunOut(folder.id(), locks.dead());
        held.start();
        dispatcher.start();
        watch = DropWatch.start(folder, this::scan);
    }

    /** One walk through the folder; asked for by the schedule and by the watch. */
    synchronized void scan() {
        if (draining) {
            return;
        }
        try {
            boolean folderWasAway = !gates.isOpen(Gate.FOLDER);
            if (intake.scan()) {
                dispatcher.ring();
            }
            DropWatch watching = watch;
            if (folderWasAway && watching != null && gates.isOpen(Gate.FOLDER)) {
                watching.renew();
                dispatcher.ring();
            }
        } catch (RuntimeException e) {
            // what has settled is offered again with the next walk
            if (database.closeGate(e).isEmpty()) {
                throw e;
            }
        }
    }

    /** Looks for images whose create call was lost and that appeared too late. */
    void sweep() throws InterruptedException {
        if (!draining && gates.isOpen(Gate.API) && gates.isOpen(Gate.TOKEN)) {
            orphanSweep.sweep();
        }
    }

    void ring() {
        dispatcher.ring();
    }

    Dispatcher dispatcher() {
        return dispatcher;
    }

    DropFolder folder() {
        return folder;
    }

    Intake intake() {
        return intake;
    }

    MetadataReader metadata() {
        return metadata;
    }

    Incoming incoming() {
        return incoming;
    }

    Archive archive() {
        return archive;
    }

    HeldJobs held() {
        return held;
    }

    /** Ends: no new work, the grace for uploads, then the leases are given back. */
    void drain() throws InterruptedException {
        draining = true;
        DropWatch watching = watch;
        if (watching != null) {
            watching.close();
        }
        dispatcher.drain(grace);
        held.end();
        locks.close();
    }
}
