package dev.imageferry.daemon;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.drop.DropSettings;
import dev.imageferry.drop.ImageNames;
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
import dev.imageferry.queue.Leases;
import dev.imageferry.queue.Offers;
import dev.imageferry.step.CheckSettings;
import dev.imageferry.step.PollSettings;
import dev.imageferry.worker.DatabaseRetry;
import dev.imageferry.worker.Dispatcher;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.JobListeners;
import dev.imageferry.worker.JobLog;
import dev.imageferry.worker.JudgedLinodeImages;
import dev.imageferry.worker.LinodeProbe;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.Typed;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.List;
import java.util.random.RandomGenerator;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Creates the objects that exist before the drop folder is open. */
final class Composition {
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

        ImageNames names() {
            return new ImageNames(drop.names(), drop.convert());
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
    static ImageNames names(Settings settings) {
        return settings.names();
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
    static JobListeners listeners(JobMetrics metrics, ChangeCounter changes, FamilyBell bell) {
        return new JobListeners(List.of(new JobLog(), metrics, changes, bell));
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
}
