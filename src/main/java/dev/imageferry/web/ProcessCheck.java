package dev.imageferry.web;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Live as long as the process answers. A restart would repair neither PostgreSQL nor Linode, so this depends on nothing else,
 * and it needs no worker thread, so a busy daemon is live too.
 */
@Liveness
@Singleton
final class ProcessCheck implements AsyncHealthCheck {
    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom().item(HealthCheckResponse.up("process"));
    }
}
