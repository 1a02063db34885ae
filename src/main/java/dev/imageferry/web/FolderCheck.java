package dev.imageferry.web;

import dev.imageferry.upload.QueueView;
import jakarta.inject.Singleton;
import java.util.Set;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Whether the drop folder can be used. */
@Readiness
@Singleton
final class FolderCheck implements HealthCheck {
    private final QueueView queue;

    FolderCheck(QueueView queue) {
        this.queue = queue;
    }

    @Override
    public HealthCheckResponse call() {
        return GateHealth.of("folder", queue, Set.of("folder"));
    }
}
