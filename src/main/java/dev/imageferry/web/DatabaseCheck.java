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
 * Ready while the gate of the database is open and a query succeeds. The query runs on its own thread, so a probe needs no
 * worker thread, and concurrent probes share one query.
 */
@Readiness
@Singleton
final class DatabaseCheck implements AsyncHealthCheck {
    static final Duration TIMEOUT = Duration.ofSeconds(3);

    private static final Logger LOG = Logger.getLogger(DatabaseCheck.class);
    private static final String NAME = "database";
    /** No job has this id, so the query only reads the primary key. */
    private static final UUID UNKNOWN_JOB = new UUID(0, 0);

    private final QueueView queue;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("imageferry-readiness").factory());
    private @Nullable CompletableFuture<Boolean> query;

    DatabaseCheck(QueueView queue) {
        this.queue = queue;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        HealthCheckResponse gate = GateHealth.of(NAME, queue, Set.of("database"));
        if (gate.getStatus() == Status.DOWN || !queue.isStarted()) {
            // before the end of the start, the table may not exist; StartCheck reports that
            return Uni.createFrom().item(gate);
        }
        // a timeout of the Uni would need a worker thread
        CompletableFuture<HealthCheckResponse> answer = query().thenApply(
                        answered -> answered ? gate : GateHealth.down(NAME, "PostgreSQL does not answer"))
                .completeOnTimeout(
                        GateHealth.down(NAME, "PostgreSQL did not answer within " + TIMEOUT.toSeconds() + " seconds"),
                        TIMEOUT.toMillis(),
                        TimeUnit.MILLISECONDS);
        return Uni.createFrom().completionStage(answer);
    }

    private synchronized CompletableFuture<Boolean> query() {
        CompletableFuture<Boolean> running = query;
        if (running == null || running.isDone()) {
            running = CompletableFuture.supplyAsync(this::isAnswered, thread);
            query = running;
        }
        return running;
    }

    private boolean isAnswered() {
        try {
            queue.find(UNKNOWN_JOB);
            return true;
        } catch (RuntimeException e) {
            LOG.debug("readiness query failed", e);
            return false;
        }
    }

    @PreDestroy
    void stop() {
        thread.shutdownNow();
    }
}
