package dev.imageferry.daemon;

import dev.imageferry.convert.Converter;
import dev.imageferry.drop.Archive;
import dev.imageferry.drop.Checksums;
import dev.imageferry.drop.ConversionRule;
import dev.imageferry.drop.DiskSpace;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.DropScanner;
import dev.imageferry.drop.ImageLabels;
import dev.imageferry.drop.ImageNames;
import dev.imageferry.drop.Incoming;
import dev.imageferry.drop.MetadataDefaults;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.drop.PreparedFiles;
import dev.imageferry.drop.SettleTracker;
import dev.imageferry.image.GzipInspector;
import dev.imageferry.image.ImageLimits;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.queue.InstanceName;
import dev.imageferry.queue.Lane;
import dev.imageferry.step.ArchiveFile;
import dev.imageferry.step.AwaitImage;
import dev.imageferry.step.CheckFile;
import dev.imageferry.step.ConvertFile;
import dev.imageferry.step.CreateImage;
import dev.imageferry.step.Elapsed;
import dev.imageferry.step.EventTurns;
import dev.imageferry.step.FileReading;
import dev.imageferry.step.ImageRemoval;
import dev.imageferry.step.ImageStatus;
import dev.imageferry.step.KnownRegions;
import dev.imageferry.step.NextStep;
import dev.imageferry.step.ReplicateImage;
import dev.imageferry.step.TaggedImages;
import dev.imageferry.step.UploadEvents;
import dev.imageferry.step.UploadFile;
import dev.imageferry.worker.DatabaseRetry;
import dev.imageferry.worker.Dispatcher;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.JobListener;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.JobRunner;
import dev.imageferry.worker.LeaseKeeper;
import dev.imageferry.worker.PutPermits;
import dev.imageferry.worker.Slots;
import dev.imageferry.worker.Step;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;

/** Creates and connects the objects that serve an open drop folder. */
final class FolderComposition {
    /** Enough for thousands of images, because a status request takes milliseconds. */
    private static final int AWAIT_SLOTS = 8;

    private static final int ARCHIVE_SLOTS = 2;
    private static final int CANCEL_SLOTS = 2;

    private FolderComposition() {}

    /** Creates the service of an open drop folder, without starting it. */
    static FolderService serve(DropFolder folder, Composition.Settings settings, Composition.Parts parts) {
        ImageNames names = settings.names();
        ImageLabels labels = new ImageLabels(settings.image().label(), names, parts.clock(), ZoneId.systemDefault());
        MetadataDefaults defaults = new MetadataDefaults(
                settings.image().region().orElse(null),
                settings.image().tags().orElse(List.of()),
                settings.image().description(),
                settings.image().cloudInit(),
                settings.image().replicateTo().orElse(List.of()),
                settings.image().family().orElse(null),
                settings.image().keep().orElse(null));
        MetadataReader metadata = new MetadataReader(
                folder, defaults, labels, (path, sidecar) -> parts.queue().isLeftOver(folder.id(), path, sidecar));
        Archive archive = new Archive(folder);
        DiskSpace disk = new DiskSpace(folder::freeBytes);
        PreparedFiles prepared = new PreparedFiles(folder);
        ConversionRule conversion = new ConversionRule(
                names,
                settings.drop().convert(),
                settings.drop().dropFreeBlocks(),
                settings.limits().compressed().asLongValue(),
                settings.limits().uncompressed().asLongValue());
        Incoming incoming = new Incoming(folder, conversion, disk);
        LeaseKeeper leaseKeeper = new LeaseKeeper(parts.leases(), parts.gates(), folder.id());
        DatabaseRetry database = new DatabaseRetry(parts.gates(), parts.connections(), parts.pause());
        Slots slots = slots(settings);
        PutPermits puts = new PutPermits(settings.upload().concurrency());
        JobRunner runner = new JobRunner(
                parts.queue(),
                steps(folder, prepared, disk, metadata, archive, puts, settings, parts),
                new JobLifecycle(settings.retry().policy(), parts.random()),
                database,
                parts.gates(),
                slots,
                parts.listener());
        Dispatcher dispatcher = new Dispatcher(
                parts.claims(),
                folder.id(),
                runner,
                (job, lane) -> new JobRun(job, lane, parts.queue(), database),
                database,
                parts.starter(),
                leaseKeeper,
                parts.gates(),
                parts.listener(),
                slots,
                puts);
        return new FolderService(
                folder,
                intake(folder, names, conversion, metadata, settings, parts),
                metadata,
                archive,
                incoming,
                new LeftOverFiles(incoming, prepared, parts.queue(), parts.clock()),
                conversion,
                leaseKeeper,
                dispatcher,
                new OrphanSweep(parts.linode(), parts.queue(), parts.listener()),
                new InstanceLocks(
                        folder, InstanceName.hostName(), parts.instance().value()),
                parts.leases(),
                database,
                parts.gates(),
                settings.shutdown().grace());
    }

    private static Intake intake(
            DropFolder folder,
            ImageNames names,
            ConversionRule conversion,
            MetadataReader metadata,
            Composition.Settings settings,
            Composition.Parts parts) {
        return new Intake(
                folder,
                new DropScanner(folder, names, parts.clock()),
                new SettleTracker(settings.drop().settle(), parts.ticker()),
                metadata,
                conversion,
                parts.offers(),
                parts.gates(),
                new LateSidecars(metadata, parts.queue(), folder.id()),
                new GrownFiles(folder, parts.offers(), parts.ticker()));
    }

    private static Step steps(
            DropFolder folder,
            PreparedFiles prepared,
            DiskSpace disk,
            MetadataReader metadata,
            Archive archive,
            PutPermits puts,
            Composition.Settings settings,
            Composition.Parts parts) {
        LinodeImages linode = parts.linode();
        JobListener listener = parts.listener();
        Elapsed elapsed = new Elapsed(parts.ticker());
        TaggedImages tagged = new TaggedImages(linode, parts.clock());
        // the server may be a standby that lacks the last commits, or restored
        parts.gates().beforeOpening(Gate.DATABASE, tagged::databaseWasAway);
        ImageRemoval removal = new ImageRemoval(linode, parts.queue(), tagged, listener);
        UploadEvents events = new UploadEvents(linode, elapsed);
        ImageStatus status = new ImageStatus(linode, events);
        ImageLimits limits = new ImageLimits(
                settings.limits().compressed().asLongValue(),
                settings.limits().uncompressed().asLongValue());
        GzipInspector inspector = new GzipInspector(
                limits, settings.check().contents(), settings.drop().dropFreeBlocks());
        FileReading reading = new FileReading(
                folder,
                metadata,
                new KnownRegions(linode),
                new Checksums(folder),
                settings.drop().incompleteAfter());
        return new NextStep(
                folder,
                parts.queue(),
                removal,
                puts,
                prepared,
                new ConvertFile(
                        folder,
                        prepared,
                        reading,
                        new Converter(
                                limits, checkSlots(settings), settings.drop().dropFreeBlocks()),
                        disk),
                new CheckFile(folder, prepared, reading, inspector, listener),
                new CreateImage(
                        linode,
                        parts.queue(),
                        metadata,
                        removal,
                        tagged,
                        parts.gates(),
                        settings.drop().deduplicate()),
                new UploadFile(
                        folder,
                        prepared,
                        linode,
                        parts.bucket(),
                        removal,
                        tagged,
                        events,
                        parts.probe(),
                        parts.gates(),
                        settings.poll(),
                        elapsed,
                        listener),
                new AwaitImage(status, events, settings.poll(), elapsed, new EventTurns(parts.ticker())),
                new ReplicateImage(linode, status, settings.poll(), elapsed),
                new ArchiveFile(
                        archive, prepared, removal, settings.drop().whenDone(), parts.json(), settings.terms()));
    }

    private static int checkSlots(Composition.Settings settings) {
        return settings.check().concurrency().orElse(Runtime.getRuntime().availableProcessors());
    }

    private static Slots slots(Composition.Settings settings) {
        return new Slots(Map.of(
                Lane.CANCEL,
                CANCEL_SLOTS,
                Lane.CHECK,
                checkSlots(settings),
                Lane.UPLOAD,
                settings.upload().concurrency(),
                Lane.AWAIT,
                AWAIT_SLOTS,
                Lane.ARCHIVE,
                ARCHIVE_SLOTS));
    }
}
