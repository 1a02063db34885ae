package dev.imageferry.worker;

import dev.imageferry.job.Problem;
import dev.imageferry.queue.Connections;
import dev.imageferry.queue.DatabaseOutage;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Repeats what the database did not answer until it does. What a run has found out is written, or ends the run without a
 * conclusion; it is never dropped because the database was away for a moment. Writes are fenced, so that one which is repeated
 * after the job has passed to another instance changes nothing.
 */
public final class DatabaseRetry {
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final Gates gates;
    private final Connections connections;
    private final Pause pause;

    /** How the time between two attempts passes. */
    @FunctionalInterface
    public interface Pause {
        void rest(Duration duration) throws InterruptedException;
    }

    public DatabaseRetry(Gates gates, Connections connections, Pause pause) {
        this.gates = gates;
        this.connections = connections;
        this.pause = pause;
    }

    /**
     * Closes the gate for an outage, and replaces connections that it has left useless.
     *
     * @return the outage; empty when the failure is none
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
     * The answer of the database.
     *
     * @throws RuntimeException what the statement threw: a bug, or an outage during which the thread was interrupted
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
                    pause.rest(PAUSE);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    throw e;
                }
            }
        }
    }
}
