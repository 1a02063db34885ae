package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready when the daemon has created the schema and opened the drop folder. */
@Readiness
@Singleton
final class StartCheck implements AsyncHealthCheck {
    private final QueueView queue;

    StartCheck(QueueView queue) {
        this.queue = queue;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom()
                .item(
                        queue.isStarted()
                                ? GateHealth.up("start")
                                : GateHealth.down("start", "the daemon is still starting"));
    }
}
