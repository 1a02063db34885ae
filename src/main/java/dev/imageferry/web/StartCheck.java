package dev.imageferry.web;

import dev.imageferry.upload.QueueView;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Whether the schema is there and the folder open. */
@Readiness
@Singleton
final class StartCheck implements HealthCheck {
    private final QueueView queue;

    StartCheck(QueueView queue) {
        this.queue = queue;
    }

    @Override
    public HealthCheckResponse call() {
        return queue.isStarted() ? GateHealth.up("start") : GateHealth.down("start", "the daemon is still starting");
    }
}
