package dev.imageferry.upload;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.drop.Archive;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.DropScanner;
import dev.imageferry.drop.DropSettings;
import dev.imageferry.drop.DropWatch;
import dev.imageferry.drop.MetadataDefaults;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.drop.SettleTracker;
import dev.imageferry.image.GzipInspector;
import dev.imageferry.image.ImageLimits;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.linode.Bucket;
import dev.imageferry.linode.HttpLinodeImages;
import dev.imageferry.queue.DatabaseOutage;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.Lane;
import dev.imageferry.queue.Leases;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** All parts of a running daemon, put together: from the open folder to the dispatcher. */
final class Ferry {
    /** Looks at Linode take milliseconds each; so many at a time keep up with thousands of images. */
    private static final int AWAIT_SLOTS = 8;

    private static final int ARCHIVE_SLOTS = 2;

    private final DropFolder folder;
    private final Intake intake;
    private final HeldJobs held;
    private final OrphanSweep orphanSweep;
    private final Dispatcher dispatcher;
    private final Duration grace;
    private final Gates gates;
    private volatile boolean draining;
    private @Nullable DropWatch watch;

    /** What CDI gives: settings and the edges to the database. */
    record Surroundings(
            DropSettings drop,
            ImageSettings image,
            LimitSettings limits,
            CheckSettings check,
            UploadSettings upload,
            RetrySettings retry,
            PollSettings poll,
            ShutdownSettings shutdown,
            JobQueue queue,
            Leases leases,
            ObjectMapper json,
            Changes changes,
            Gates gates,
            UploadMetrics metrics,
            InstantSource clock) {}

    Ferry(DropFolder folder, HttpLinodeImages linode, ServiceHealth health, Bucket bucket, Surroundings with) {
        this.folder = folder;
        this.grace = with.shutdown().grace();
        MetadataDefaults defaults = new MetadataDefaults(
                with.image().region().orElse(null),
                with.image().tags().orElse(List.of()),
                with.image().description(),
                with.image().cloudInit(),
                with.image().replicateTo().orElse(List.of()));
        MetadataReader metadata = new MetadataReader(folder, defaults);
        this.gates = with.gates();
        UploadMetrics metrics = with.metrics();
        this.intake = new Intake(
                folder,
                new DropScanner(folder, with.clock()),
                new SettleTracker(with.drop().settle(), with.clock()),
                metadata,
                defaults,
                with.queue(),
                gates,
                with.drop().settle());
        ImageRemoval removal = new ImageRemoval(linode, health, metrics.orphansDeleted());
        ImageFate fate = new ImageFate(linode, health);
        ImageLook look = new ImageLook(linode, health, fate);
        GzipInspector inspector = new GzipInspector(
                new ImageLimits(
                        with.limits().compressed().asLongValue(),
                        with.limits().uncompressed().asLongValue()),
                with.check().contents());
        Steps steps = new Steps(
                folder,
                with.queue(),
                new CheckFile(
                        folder, metadata, inspector, with.drop().incompleteAfter(), with.clock(), metrics.check()),
                new CreateImage(
                        linode,
                        with.queue(),
                        metadata,
                        removal,
                        health,
                        gates,
                        with.drop().deduplicate()),
                new PutImage(
                        folder,
                        linode,
                        bucket,
                        with.queue(),
                        removal,
                        fate,
                        health,
                        gates,
                        with.poll(),
                        with.clock(),
                        metrics),
                new AwaitImage(look, fate, with.poll()),
                new ReplicateImage(linode, look, with.poll()));
        ArchiveFile archiveFile = new ArchiveFile(
                new Archive(folder),
                removal,
                with.drop().whenDone(),
                with.json(),
                with.retry().maxAttempts());
        this.orphanSweep = new OrphanSweep(linode, with.queue(), health, metrics.orphansDeleted());
        this.held = new HeldJobs(with.leases(), gates, folder.id());
        this.dispatcher = new Dispatcher(
                with.queue(),
                folder.id(),
                steps,
                archiveFile,
                new JobLifecycle(with.retry().policy(), RandomGenerator.getDefault()),
                held,
                gates,
                metrics,
                with.changes(),
                Map.of(
                        Lane.CHECK,
                        with.check().concurrency().orElse(Runtime.getRuntime().availableProcessors()),
                        Lane.UPLOAD,
                        with.upload().concurrency(),
                        Lane.AWAIT,
                        AWAIT_SLOTS,
                        Lane.ARCHIVE,
                        ARCHIVE_SLOTS));
    }

    /** Begins: leases first, so that nothing is claimed that could not be kept. */
    void start() {
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
            gates.close(Gate.DATABASE, DatabaseOutage.of(e).orElseThrow(() -> e));
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

    DropFolder folder() {
        return folder;
    }

    Intake intake() {
        return intake;
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
    }
}
