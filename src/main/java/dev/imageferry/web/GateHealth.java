package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.worker.Blocked;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Health responses from gates: down, with the reasons, while one of the gates is closed. */
final class GateHealth {
    private GateHealth() {}

    static HealthCheckResponse of(String name, QueueView queue, Set<String> gates) {
        String reasons = queue.blocked().stream()
                .filter(blocked -> gates.contains(blocked.gate()))
                .map(Blocked::reason)
                .collect(Collectors.joining("; "));
        return reasons.isEmpty() ? up(name) : down(name, reasons);
    }

    static HealthCheckResponse up(String name) {
        return HealthCheckResponse.up(name);
    }

    static HealthCheckResponse down(String name, String reason) {
        return HealthCheckResponse.named(name).down().withData("reason", reason).build();
    }
}
