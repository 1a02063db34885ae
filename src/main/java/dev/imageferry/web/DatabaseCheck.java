package dev.imageferry.web;

import dev.imageferry.upload.QueueView;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.UUID;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;

/** Whether the database answers: by its gate, which is quick, and by a question, which is right. */
@Readiness
@Singleton
final class DatabaseCheck implements HealthCheck {
    private static final Logger LOG = Logger.getLogger(DatabaseCheck.class);
    private static final String NAME = "database";
    /** No job has it: the question is one look into the primary key. */
    private static final UUID NOBODY = new UUID(0, 0);

    private final QueueView queue;

    DatabaseCheck(QueueView queue) {
        this.queue = queue;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponse gate = GateHealth.of(NAME, queue, Set.of("database"));
        if (gate.getStatus() == Status.DOWN || !queue.isStarted()) {
            return gate; // before the start there may be no table to ask; that is the start's own check to tell
        }
        try {
            queue.find(NOBODY);
            return gate;
        } catch (RuntimeException e) { // whatever it is: the question was not answered
            LOG.debug("the database was asked for the sake of readiness", e);
            return GateHealth.down(NAME, "PostgreSQL does not answer");
        }
    }
}
