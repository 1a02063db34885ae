package dev.imageferry.web;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * An answer is proof enough of life. Depends on nothing outside, because a restart repairs neither PostgreSQL nor Linode and
 * only costs the uploads that run; and on no worker thread, as all other checks here, because a busy daemon is not dead.
 */
@Liveness
@Singleton
final class ProcessCheck implements AsyncHealthCheck {
    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom().item(HealthCheckResponse.up("process"));
    }
}
