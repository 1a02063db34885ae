package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Whether the database answers: by its gate, which is quick, and by a question, which is right. The question has a thread of
 * its own, so that probes need no worker; while it is not answered, further probes wait for the same one, up to a limit.
 */
@Readiness
@Singleton
final class DatabaseCheck implements AsyncHealthCheck {
    static final Duration LIMIT = Duration.ofSeconds(3);

    private static final Logger LOG = Logger.getLogger(DatabaseCheck.class);
    private static final String NAME = "database";
    /** No job has it: the question is one look into the primary key. */
    private static final UUID NOBODY = new UUID(0, 0);

    private final QueueView queue;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("imageferry-readiness").factory());
    private @Nullable CompletableFuture<Boolean> question;

    DatabaseCheck(QueueView queue) {
        this.queue = queue;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        HealthCheckResponse gate = GateHealth.of(NAME, queue, Set.of("database"));
        if (gate.getStatus() == Status.DOWN || !queue.isStarted()) {
            // before the start there may be no table to ask; that is reported by the start's own check
            return Uni.createFrom().item(gate);
        }
        // not by a timeout of the Uni, which would need a worker thread
        CompletableFuture<HealthCheckResponse> answer = ask().thenApply(
                        answered -> answered ? gate : GateHealth.down(NAME, "PostgreSQL does not answer"))
                .completeOnTimeout(
                        GateHealth.down(NAME, "PostgreSQL has not answered within " + LIMIT.toSeconds() + " seconds"),
                        LIMIT.toMillis(),
                        TimeUnit.MILLISECONDS);
        return Uni.createFrom().completionStage(answer);
    }

    private synchronized CompletableFuture<Boolean> ask() {
        CompletableFuture<Boolean> running = question;
        if (running == null || running.isDone()) {
            running = CompletableFuture.supplyAsync(this::isAnswered, thread);
            question = running;
        }
        return running;
    }

    private boolean isAnswered() {
        try {
            queue.find(NOBODY);
            return true;
        } catch (RuntimeException e) { // whatever it is: the question was not answered
            LOG.debug("the readiness check got no answer from the database", e);
            return false;
        }
    }

    @PreDestroy
    void stop() {
        thread.shutdownNow();
    }
}
