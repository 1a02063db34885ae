package dev.imageferry.daemon;

import dev.imageferry.drop.Archive;
import dev.imageferry.drop.ConversionRule;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.DropWatch;
import dev.imageferry.drop.Incoming;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.Job;
import dev.imageferry.queue.Leases;
import dev.imageferry.worker.DatabaseRetry;
import dev.imageferry.worker.Dispatcher;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.LeaseKeeper;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Serves one open drop folder: scans it, runs its jobs, and drains when the daemon stops. */
final class FolderService {
    private final DropFolder folder;
    private final Intake intake;
    private final MetadataReader metadata;
    private final Archive archive;
    private final Incoming incoming;
    private final LeftOverFiles leftOvers;
    private final ConversionRule conversion;
    private final LeaseKeeper leaseKeeper;
    private final Dispatcher dispatcher;
    private final OrphanSweep orphanSweep;
    private final InstanceLocks locks;
    private final Leases leases;
    private final DatabaseRetry database;
    private final Gates gates;
    private final Duration grace;
    private volatile boolean draining;
    private @Nullable DropWatch watch;

    FolderService(
            DropFolder folder,
            Intake intake,
            MetadataReader metadata,
            Archive archive,
            Incoming incoming,
            LeftOverFiles leftOvers,
            ConversionRule conversion,
            LeaseKeeper leaseKeeper,
            Dispatcher dispatcher,
            OrphanSweep orphanSweep,
            InstanceLocks locks,
            Leases leases,
            DatabaseRetry database,
            Gates gates,
            Duration grace) {
        this.folder = folder;
        this.intake = intake;
        this.metadata = metadata;
        this.archive = archive;
        this.incoming = incoming;
        this.leftOvers = leftOvers;
        this.conversion = conversion;
        this.leaseKeeper = leaseKeeper;
        this.dispatcher = dispatcher;
        this.orphanSweep = orphanSweep;
        this.locks = locks;
        this.leases = leases;
        this.database = database;
        this.gates = gates;
        this.grace = grace;
    }

    /** Starts the lease renewal first, so that no job is claimed without it. */
    void start() throws SQLException {
        leases.letRunOut(folder.id(), locks.dead());
        leftOvers.remove();
        leaseKeeper.start();
        dispatcher.start();
        watch = DropWatch.start(folder, this::scan);
    }

    /** Scans the folder once. Called by the schedule and by the watch. */
    synchronized void scan() {
        if (draining) {
            return;
        }
        try {
            boolean folderWasAway = !gates.isOpen(Gate.FOLDER);
            if (intake.scan()) {
                dispatcher.wake();
            }
            DropWatch watching = watch;
            if (folderWasAway && watching != null && gates.isOpen(Gate.FOLDER)) {
                watching.renew();
                dispatcher.wake();
            }
        } catch (RuntimeException e) {
            // the next scan offers the settled files again
            if (database.closeGate(e).isEmpty()) {
                throw e;
            }
        }
    }

    /** Deletes left-over images, while the API is available. */
    void sweep() throws InterruptedException {
        if (!draining && gates.isOpen(Gate.API) && gates.isOpen(Gate.TOKEN)) {
            orphanSweep.sweep();
        }
    }

    /** Creates the job of a file that was received over HTTP; see {@link Intake#take}. */
    Optional<Job> take(DroppedFile file) {
        Optional<Job> job = intake.take(file);
        dispatcher.wake();
        return job;
    }

    void wake() {
        dispatcher.wake();
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

    ConversionRule conversion() {
        return conversion;
    }

    Archive archive() {
        return archive;
    }

    LeaseKeeper leaseKeeper() {
        return leaseKeeper;
    }

    /** Stops new work, waits for the uploads, then ends the lease renewal. */
    void drain() throws InterruptedException {
        draining = true;
        DropWatch watching = watch;
        if (watching != null) {
            watching.close();
        }
        dispatcher.drain(grace);
        leaseKeeper.end();
        locks.close();
    }
}
