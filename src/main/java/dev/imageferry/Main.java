package dev.imageferry;

import dev.imageferry.database.DatabaseStartException;
import dev.imageferry.database.EmbeddedDatabase;
import dev.imageferry.database.EmbeddedDatasourceSource;
import dev.imageferry.inspect.InspectCommand;
import dev.imageferry.settings.RefusedStartException;
import dev.imageferry.settings.StartSettings;
import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.Quarkus;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Where the process begins: looks at the settings, starts the embedded database when no other is configured, then Quarkus; on the
 * way out Quarkus first, then the database. {@code inspect} needs neither and is done before either.
 */
final class Main {
    private static final int REFUSED = 1;
    private static final int WRONG_CALL = 2;

    /** What stopping may take beyond the grace for uploads: Quarkus' own stop and the database's last checkpoint. */
    private static final Duration STOPPING = Duration.ofSeconds(90);

    private static final String USAGE =
            "usage: java -jar quarkus-run.jar [inspect [--json] FILE…]   (settings: -Dkey=value before -jar, the environment, config/imageferry.properties)";

    private Main() {}

    static void main(String[] arguments) {
        switch (arguments.length == 0 ? "" : arguments[0]) {
            case "" -> System.exit(runDaemon());
            case "inspect" -> System.exit(InspectCommand.run(List.of(arguments).subList(1, arguments.length)));
            case "-h", "--help" -> System.out.println(USAGE);
            default -> System.exit(wrongCall(arguments[0]));
        }
    }

    private static int wrongCall(String argument) {
        if (argument.toLowerCase(Locale.ROOT).contains("token")) {
            // not repeated: the token may be part of it
            say("A token is not taken from the command line; " + USAGE);
        } else {
            say("Unknown argument " + argument + "; " + USAGE);
        }
        return WRONG_CALL;
    }

    private static int runDaemon() {
        StartSettings settings;
        try {
            settings = StartSettings.check();
        } catch (RefusedStartException e) {
            say(e.getMessage());
            return REFUSED;
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
            // a Ctrl-C reaches initdb too, and its failure is no news
            if (!stopping.get()) {
                say(e.getMessage());
            }
            return REFUSED;
        } finally {
            ended.countDown();
        }
    }

    private static int runWithDatabase(StartSettings settings, AtomicBoolean stopping) throws DatabaseStartException {
        Optional<EmbeddedDatabase> database = Optional.empty();
        try {
            if (settings.databaseDirectory().isPresent()) {
                database = Optional.of(
                        EmbeddedDatabase.start(settings.databaseDirectory().get()));
                EmbeddedDatasourceSource.announce(database.get());
            }
            // a SIGTERM that came before Quarkus could hear it
            return stopping.get() ? 0 : runQuarkus();
        } finally {
            database.ifPresent(EmbeddedDatabase::close);
        }
    }

    /** Returns when Quarkus is down, whoever asked for it: on a signal, its hook lets this thread do the stopping. */
    private static int runQuarkus() {
        AtomicInteger status = new AtomicInteger();
        // the default calls System.exit, and the database would never be closed. A handler passed to run() would
        // silence the
        // messages for a port in use and the like.
        ApplicationLifecycleManager.setDefaultExitCodeHandler((code, failure) -> status.set(code));
        Quarkus.run(ImageferryApplication.class);
        return status.get();
    }

    /** The JVM is gone when its hooks have ended; the main thread needs it until the database is closed. */
    private static void awaitEnd(CountDownLatch ended, Duration wait) {
        try {
            if (!ended.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                say("Stopping took more than " + wait.toSeconds() + " s; what is unfinished goes on at the next start");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void say(@Nullable String line) {
        System.err.println("imageferry: " + line);
    }
}
