package dev.imageferry.upload;

import dev.imageferry.job.Ticker;
import dev.imageferry.linode.Bandwidth;
import dev.imageferry.linode.Bucket;
import dev.imageferry.linode.HttpLinodeImages;
import dev.imageferry.linode.LinodeSettings;
import dev.imageferry.linode.TokenSource;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Makes the parts that stand at the edge of the process: clock, Linode's API, the bucket; and what closes them off. */
@Dependent
class Edges {
    @Produces
    @Singleton
    InstantSource clock() {
        return InstantSource.system();
    }

    @Produces
    @Singleton
    Gates gates(InstantSource clock) {
        return new Gates(clock, Ticker.SYSTEM);
    }

    @Produces
    @Singleton
    UploadMetrics metrics(MeterRegistry registry, UploadSettings upload, ImageSettings image) {
        return new UploadMetrics(
                registry, upload.concurrency(), image.region().stream().toList());
    }

    @Produces
    @Singleton
    TokenSource token(LinodeSettings settings) {
        return new TokenSource(settings);
    }

    @Produces
    @Singleton
    HttpLinodeImages linode(
            LinodeSettings settings,
            TokenSource token,
            @ConfigProperty(name = "quarkus.application.version") String version,
            InstantSource clock,
            MeterRegistry registry) {
        return new HttpLinodeImages(settings.url(), token, version, clock, registry);
    }

    @Produces
    @Singleton
    ServiceHealth health(HttpLinodeImages linode, Gates gates) {
        return new ServiceHealth(linode, gates);
    }

    @Produces
    @Singleton
    Bandwidth bandwidth() {
        return new Bandwidth(); // BandwidthShare limits it
    }

    @Produces
    @Singleton
    Bucket bucket(
            UploadSettings upload,
            Bandwidth bandwidth,
            @ConfigProperty(name = "quarkus.application.version") String version,
            InstantSource clock,
            MeterRegistry registry) {
        return new Bucket(version, upload.stallTimeout(), upload.answerTimeout(), bandwidth, clock, registry);
    }
}
