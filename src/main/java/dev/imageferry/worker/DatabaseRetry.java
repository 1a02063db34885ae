package dev.imageferry.worker;

import dev.imageferry.job.Problem;
import dev.imageferry.queue.Connections;
import dev.imageferry.queue.DatabaseOutage;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Repeats a statement until the database answers, so that an outage never discards a result. Repeating is safe because every
 * write is fenced by the lease epoch.
 */
public final class DatabaseRetry {
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final Gates gates;
    private final Connections connections;
    private final Pause pause;

    /** The pause between two attempts. */
    @FunctionalInterface
    public interface Pause {
        void sleep(Duration duration) throws InterruptedException;
    }

    public DatabaseRetry(Gates gates, Connections connections, Pause pause) {
        this.gates = gates;
        this.connections = connections;
        this.pause = pause;
    }

    /**
     * Closes the gate {@code database} if the failure is an outage, and replaces the connections that the outage broke.
     *
     * @return the outage; empty if the failure is not one
     */
    public Optional<Problem> closeGate(RuntimeException failure) {
        Optional<Problem> outage = DatabaseOutage.of(failure);
        outage.ifPresent(problem -> {
            connections.renewAfter(failure);
            gates.close(Gate.DATABASE, problem);
        });
        return outage;
    }

    /**
     * Runs the statement until it succeeds, and returns its result.
     *
     * @throws RuntimeException if the statement fails because of a bug, or if the thread is interrupted during an outage
     */
    public <T> T untilAnswered(Supplier<T> statement) {
        while (true) {
            try {
                return statement.get();
            } catch (RuntimeException e) {
                if (closeGate(e).isEmpty()) {
                    throw e;
                }
                try {
                    pause.sleep(PAUSE);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    throw e;
                }
            }
        }
    }
}
