package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Set;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready while Linode's API answers and accepts the token. A full account or an unavailable bucket stops only some work. */
@Readiness
@Singleton
final class LinodeCheck implements AsyncHealthCheck {
    private final QueueView queue;

    LinodeCheck(QueueView queue) {
        this.queue = queue;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom().item(GateHealth.of("linode", queue, Set.of("api", "token")));
    }
}
