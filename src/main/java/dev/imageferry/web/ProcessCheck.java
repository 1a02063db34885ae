package dev.imageferry.web;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Alive is whoever answers. Depends on nothing outside: a restart mends neither PostgreSQL nor Linode, it only costs
 * the uploads that run.
 */
@Liveness
@Singleton
final class ProcessCheck implements HealthCheck {
    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.up("process");
    }
}
