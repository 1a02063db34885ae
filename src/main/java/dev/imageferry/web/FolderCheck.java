package dev.imageferry.web;

import dev.imageferry.upload.QueueView;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Set;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Whether the drop folder can be used. */
@Readiness
@Singleton
final class FolderCheck implements AsyncHealthCheck {
    private final QueueView queue;

    FolderCheck(QueueView queue) {
        this.queue = queue;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom().item(GateHealth.of("folder", queue, Set.of("folder")));
    }
}
