package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Set;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.eclipse.microprofile.health.Readiness;

/** Ready while the drop folder is available and scanned regularly. */
@Readiness
@Singleton
final class FolderCheck implements AsyncHealthCheck {
    private static final String NAME = "folder";

    private final QueueView queue;

    FolderCheck(QueueView queue) {
        this.queue = queue;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        HealthCheckResponse gate = GateHealth.of(NAME, queue, Set.of(NAME));
        return Uni.createFrom()
                .item(
                        gate.getStatus() == Status.DOWN
                                ? gate
                                : queue.walksStandstill()
                                        .map(reason -> GateHealth.down(NAME, reason))
                                        .orElse(gate));
    }
}
