package dev.imageferry.web;

import dev.imageferry.upload.QueueView;
import jakarta.inject.Singleton;
import java.util.Set;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Whether Linode answers and takes the token. A full account or a bucket that is down stops some work, not all. */
@Readiness
@Singleton
final class LinodeCheck implements HealthCheck {
    private final QueueView queue;

    LinodeCheck(QueueView queue) {
        this.queue = queue;
    }

    @Override
    public HealthCheckResponse call() {
        return GateHealth.of("linode", queue, Set.of("api", "token"));
    }
}
