package dev.imageferry;

import dev.imageferry.cli.Commands;
import dev.imageferry.database.DatabaseMaintenance;
import dev.imageferry.database.DatabaseStartException;
import dev.imageferry.database.EmbeddedDatabase;
import dev.imageferry.database.EmbeddedDatasourceSource;
import dev.imageferry.settings.RefusedStartException;
import dev.imageferry.settings.StartSettings;
import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.Quarkus;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The entry point. Validates the settings, starts the embedded database unless an external one is configured, then starts
 * Quarkus. Stops them in reverse order. Only the command {@code run} uses them.
 */
final class Main {
    private static final int START_FAILED = 1;

    /** The time for stopping Quarkus and for the last checkpoint of the database, in addition to the grace for uploads. */
    private static final Duration STOPPING = Duration.ofSeconds(90);

    private Main() {}

    static void main(String[] arguments) {
        System.exit(arguments.length == 0 ? runDaemon() : Commands.run(arguments, Main::runDaemon));
    }

    private static int runDaemon() {
        StartSettings settings;
        try {
            settings = StartSettings.check();
        } catch (RefusedStartException e) {
            print(e.getMessage());
            return START_FAILED;
        }
        CountDownLatch ended = new CountDownLatch(1);
        AtomicBoolean stopping = new AtomicBoolean();
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            stopping.set(true);
                            awaitEnd(ended, settings.shutdownGrace().plus(STOPPING));
                        },
                        "wait-for-end"));
        try {
            return runWithDatabase(settings, stopping);
        } catch (DatabaseStartException e) {
            // Ctrl-C also stops initdb, whose failure is then irrelevant
            if (!stopping.get()) {
                print(e.getMessage());
            }
            return START_FAILED;
        } finally {
            ended.countDown();
        }
    }

    private static int runWithDatabase(StartSettings settings, AtomicBoolean stopping) throws DatabaseStartException {
        Optional<EmbeddedDatabase> database = Optional.empty();
        try {
            if (settings.usesEmbeddedDatabase()) {
                database = Optional.of(EmbeddedDatabase.start(settings.databaseDirectory()));
                EmbeddedDatasourceSource.announce(database.get());
            } else {
                DatabaseMaintenance.checkNothingLeftBehind(settings.databaseDirectory())
                        .ifPresent(Main::print);
            }
            // SIGTERM may have arrived before Quarkus could handle it
            return stopping.get() ? 0 : runQuarkus();
        } finally {
            database.ifPresent(EmbeddedDatabase::close);
        }
    }

    /** Returns when Quarkus has stopped, also after a signal, because its shutdown hook lets this thread stop it. */
    private static int runQuarkus() {
        AtomicInteger status = new AtomicInteger();
        // the default handler calls System.exit before the database is closed; a handler passed to run() would suppress
        // messages about a port in use and similar errors
        ApplicationLifecycleManager.setDefaultExitCodeHandler((code, failure) -> status.set(code));
        Quarkus.run(ImageferryApplication.class);
        return status.get();
    }

    /** Keeps the JVM running until the main thread has closed the database, because the JVM exits after its shutdown hooks. */
    private static void awaitEnd(CountDownLatch ended, Duration wait) {
        try {
            if (!ended.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                print("Stopping took more than " + wait.toSeconds() + " s; unfinished work resumes at the next start");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void print(@Nullable String line) {
        System.err.println("imageferry: " + line);
    }
}
