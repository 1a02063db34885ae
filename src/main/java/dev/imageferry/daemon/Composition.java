package dev.imageferry.daemon;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.drop.Archive;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.DropScanner;
import dev.imageferry.drop.DropSettings;
import dev.imageferry.drop.Incoming;
import dev.imageferry.drop.MetadataDefaults;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.drop.SettleTracker;
import dev.imageferry.image.GzipInspector;
import dev.imageferry.image.ImageLimits;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.job.JobView;
import dev.imageferry.job.Ticker;
import dev.imageferry.linode.Bandwidth;
import dev.imageferry.linode.Bucket;
import dev.imageferry.linode.HttpLinodeImages;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.LinodeSettings;
import dev.imageferry.linode.Network;
import dev.imageferry.linode.NetworkSettings;
import dev.imageferry.linode.TokenSource;
import dev.imageferry.queue.Claims;
import dev.imageferry.queue.Connections;
import dev.imageferry.queue.InstanceName;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.Lane;
import dev.imageferry.queue.Leases;
import dev.imageferry.queue.Offers;
import dev.imageferry.step.ArchiveFile;
import dev.imageferry.step.AwaitImage;
import dev.imageferry.step.CheckFile;
import dev.imageferry.step.CheckSettings;
import dev.imageferry.step.CreateImage;
import dev.imageferry.step.Elapsed;
import dev.imageferry.step.EventTurns;
import dev.imageferry.step.ImageRemoval;
import dev.imageferry.step.ImageStatus;
import dev.imageferry.step.NextStep;
import dev.imageferry.step.PollSettings;
import dev.imageferry.step.ReplicateImage;
import dev.imageferry.step.TaggedImages;
import dev.imageferry.step.UploadEvents;
import dev.imageferry.step.UploadFile;
import dev.imageferry.worker.DatabaseRetry;
import dev.imageferry.worker.Dispatcher;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.JobListener;
import dev.imageferry.worker.JobListeners;
import dev.imageferry.worker.JobLog;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.JobRunner;
import dev.imageferry.worker.JudgedLinodeImages;
import dev.imageferry.worker.LeaseKeeper;
import dev.imageferry.worker.LinodeProbe;
import dev.imageferry.worker.PutPermits;
import dev.imageferry.worker.Slots;
import dev.imageferry.worker.Step;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.Typed;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Creates and connects the objects of the daemon. */
final class Composition {
    /** Enough for thousands of images, because a status request takes milliseconds. */
    private static final int AWAIT_SLOTS = 8;

    private static final int ARCHIVE_SLOTS = 2;
    private static final int CANCEL_SLOTS = 2;

    private Composition() {}

    /** All settings of the daemon. */
    @Singleton
    record Settings(
            DropSettings drop,
            ImageSettings image,
            LimitSettings limits,
            CheckSettings check,
            UploadSettings upload,
            RetrySettings retry,
            PollSettings poll,
            ShutdownSettings shutdown,
            HistorySettings history) {
        JobView.Terms terms() {
            return new JobView.Terms(retry.maxAttempts(), limits.pricePerGb());
        }
    }

    /** The parts that exist before the drop folder is open. */
    @Singleton
    record Parts(
            Claims claims,
            JobQueue queue,
            Offers offers,
            InstanceName instance,
            Leases leases,
            Connections connections,
            LinodeImages linode,
            LinodeProbe probe,
            Bucket bucket,
            Gates gates,
            JobListeners listener,
            ObjectMapper json,
            InstantSource clock,
            Ticker ticker,
            RandomGenerator random,
            DatabaseRetry.Pause pause,
            Dispatcher.RunStarter starter) {}

    @Produces
    @Singleton
    static InstantSource clock() {
        return InstantSource.system();
    }

    @Produces
    @Singleton
    static Ticker ticker() {
        return Ticker.SYSTEM;
    }

    @Produces
    @Singleton
    static RandomGenerator random() {
        return RandomGenerator.getDefault();
    }

    @Produces
    @Singleton
    static DatabaseRetry.Pause pause() {
        return Thread::sleep;
    }

    @Produces
    @Singleton
    static Dispatcher.RunStarter starter() {
        return Dispatcher.RunStarter.THREADS;
    }

    @Produces
    @Singleton
    static Gates gates(InstantSource clock, Ticker ticker, Connections connections) {
        Gates gates = new Gates(clock, ticker);
        // sessions can survive an outage and be unusable, such as read-only sessions of a demoted primary
        gates.beforeOpening(Gate.DATABASE, connections::renew);
        return gates;
    }

    @Produces
    @Singleton
    static JobMetrics metrics(MeterRegistry registry, UploadSettings upload, ImageSettings image) {
        return new JobMetrics(
                registry, upload.concurrency(), image.region().stream().toList());
    }

    @Produces
    @Singleton
    static JobListeners listeners(JobMetrics metrics, ChangeCounter changes) {
        return new JobListeners(List.of(new JobLog(), metrics, changes));
    }

    @Produces
    @Singleton
    static Network network(NetworkSettings settings) {
        return Network.of(settings);
    }

    @Produces
    @Singleton
    static TokenSource token(LinodeSettings settings) {
        return new TokenSource(settings);
    }

    @Produces
    @Singleton
    @Typed(HttpLinodeImages.class)
    static HttpLinodeImages http(
            LinodeSettings settings,
            Network network,
            TokenSource token,
            @ConfigProperty(name = "quarkus.application.version") String version,
            InstantSource clock,
            MeterRegistry registry) {
        return new HttpLinodeImages(network.client(), settings.url(), token, version, clock, Ticker.SYSTEM, registry);
    }

    @Produces
    @Singleton
    static LinodeProbe probe(HttpLinodeImages linode, Gates gates) {
        return new LinodeProbe(linode, gates);
    }

    @Produces
    @Singleton
    static LinodeImages linode(HttpLinodeImages linode, LinodeProbe probe, Gates gates) {
        return new JudgedLinodeImages(linode, probe, gates);
    }

    @Produces
    @Singleton
    static Bandwidth bandwidth() {
        return new Bandwidth(); // BandwidthShare sets the limit
    }

    @Produces
    @Singleton
    static Bucket bucket(
            UploadSettings upload,
            Bandwidth bandwidth,
            Network network,
            @ConfigProperty(name = "quarkus.application.version") String version,
            InstantSource clock,
            MeterRegistry registry) {
        return new Bucket(
                network.client(), version, upload.stallTimeout(), upload.answerTimeout(), bandwidth, clock, registry);
    }

    /** Creates the service of an open drop folder, without starting it. */
    static FolderService serve(DropFolder folder, Settings settings, Parts parts) {
        MetadataDefaults defaults = new MetadataDefaults(
                settings.image().region().orElse(null),
                settings.image().tags().orElse(List.of()),
                settings.image().description(),
                settings.image().cloudInit(),
                settings.image().replicateTo().orElse(List.of()));
        MetadataReader metadata = new MetadataReader(
                folder, defaults, (path, sidecar) -> parts.queue().isLeftOver(folder.id(), path, sidecar));
        Archive archive = new Archive(folder);
        Incoming incoming = new Incoming(folder, settings.limits().compressed().asLongValue());
        incoming.removeAbandoned(parts.clock().instant());
        LeaseKeeper leaseKeeper = new LeaseKeeper(parts.leases(), parts.gates(), folder.id());
        DatabaseRetry database = new DatabaseRetry(parts.gates(), parts.connections(), parts.pause());
        Slots slots = slots(settings);
        PutPermits puts = new PutPermits(settings.upload().concurrency());
        JobRunner runner = new JobRunner(
                parts.queue(),
                steps(folder, metadata, archive, puts, settings, parts),
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
                intake(folder, metadata, defaults, settings, parts),
                metadata,
                archive,
                incoming,
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
            DropFolder folder, MetadataReader metadata, MetadataDefaults defaults, Settings settings, Parts parts) {
        return new Intake(
                folder,
                new DropScanner(folder, parts.clock()),
                new SettleTracker(settings.drop().settle(), parts.ticker()),
                metadata,
                defaults,
                parts.offers(),
                parts.gates(),
                new LateSidecars(metadata, parts.queue(), folder.id()),
                new GrownFiles(folder, parts.offers(), parts.ticker()));
    }

    private static Step steps(
            DropFolder folder,
            MetadataReader metadata,
            Archive archive,
            PutPermits puts,
            Settings settings,
            Parts parts) {
        LinodeImages linode = parts.linode();
        JobListener listener = parts.listener();
        Elapsed elapsed = new Elapsed(parts.ticker());
        TaggedImages tagged = new TaggedImages(linode, parts.clock());
        // the server may be a standby that lacks the last commits, or restored
        parts.gates().beforeOpening(Gate.DATABASE, tagged::databaseWasAway);
        ImageRemoval removal = new ImageRemoval(linode, parts.queue(), tagged, listener);
        UploadEvents events = new UploadEvents(linode, elapsed);
        ImageStatus status = new ImageStatus(linode, events);
        GzipInspector inspector = new GzipInspector(
                new ImageLimits(
                        settings.limits().compressed().asLongValue(),
                        settings.limits().uncompressed().asLongValue()),
                settings.check().contents());
        return new NextStep(
                folder,
                parts.queue(),
                removal,
                puts,
                new CheckFile(folder, metadata, inspector, settings.drop().incompleteAfter(), listener),
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
                new ArchiveFile(archive, removal, settings.drop().whenDone(), parts.json(), settings.terms()));
    }

    private static Slots slots(Settings settings) {
        return new Slots(Map.of(
                Lane.CANCEL,
                CANCEL_SLOTS,
                Lane.CHECK,
                settings.check().concurrency().orElse(Runtime.getRuntime().availableProcessors()),
                Lane.UPLOAD,
                settings.upload().concurrency(),
                Lane.AWAIT,
                AWAIT_SLOTS,
                Lane.ARCHIVE,
                ARCHIVE_SLOTS));
    }
}
