package dev.imageferry.upload;

import dev.imageferry.job.Problem;
import dev.imageferry.queue.DatabaseOutage;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Repeats what the database did not answer until it does. What a run has found out is written, or ends the run without a
 * conclusion; it is never dropped because the database was away for a moment. Writes are fenced, so that one which is repeated
 * after the job has passed to another instance changes nothing.
 */
final class DatabaseRetry {
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final Gates gates;
    private final Pause pause;

    /** How the time between two attempts passes. */
    @FunctionalInterface
    interface Pause {
        void rest(Duration duration) throws InterruptedException;
    }

    DatabaseRetry(Gates gates, Pause pause) {
        this.gates = gates;
        this.pause = pause;
    }

    /**
     * The answer of the database.
     *
     * @throws RuntimeException what the statement threw: a bug, or an outage during which the thread was interrupted
     */
    <T> T untilAnswered(Supplier<T> statement) {
        while (true) {
            try {
                return statement.get();
            } catch (RuntimeException e) {
                Problem outage = DatabaseOutage.of(e).orElseThrow(() -> e);
                gates.close(Gate.DATABASE, outage);
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
