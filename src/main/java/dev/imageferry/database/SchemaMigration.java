package dev.imageferry.database;

import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jboss.logging.Logger;

/**
 * Brings the schema up to date, as soon as the database can be used: Quarkus' own migration at start would end the start while an
 * external database is down. Several instances may do so at the same time; Flyway lets one go first.
 */
@Singleton
public final class SchemaMigration {
    private static final Logger LOG = Logger.getLogger(SchemaMigration.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final String APPLICATION = "imageferry start";

    private final DirectConnections connections;
    private final TablesSchema schema;
    private final Flyway flyway;
    private volatile Consumer<String> whileWaiting = reason -> {};
    private volatile boolean migrated;
    private volatile boolean abandoned;

    /** Takes its connections beside the pool, whose limits of time are too short for an index on a large table. */
    SchemaMigration(Flyway flyway, DirectConnections connections, TablesSchema schema) {
        this.connections = connections;
        this.schema = schema;
        this.flyway = Flyway.configure(flyway.getConfiguration().getClassLoader())
                .configuration(flyway.getConfiguration())
                .dataSource(connections.dataSource(SessionSettings.forMigration(), APPLICATION))
                // another instance may take its time
                .lockRetryCount(-1)
                .load();
    }

    /** Whether the tables are there; until then nothing may ask the database. */
    public boolean migrated() {
        return migrated;
    }

    /** Sets what is told why the database is waited for: once a second, on the thread that waits. */
    public void whileWaiting(Consumer<String> listener) {
        whileWaiting = listener;
    }

    /** Ends the waiting, for a shutdown. An interruption is not enough: Flyway ignores it while it tries to make its table. */
    public void abandon() {
        abandoned = true;
    }

    /**
     * Migrates, waiting for as long as the database cannot be used. Ends early, not migrated, when the thread is interrupted or the
     * migration abandoned.
     *
     * @throws FlywayException when the database can be used and the migration itself fails
     */
    public void migrateWhenReachable() {
        String told = "";
        while (!migrated && !abandoned && !Thread.currentThread().isInterrupted()) {
            Optional<String> hindrance = hindrance();
            if (hindrance.isEmpty()) {
                migrated = true;
                return;
            }
            String reason = hindrance.get();
            if (!reason.equals(told)) {
                told = reason;
                LOG.warnf("waiting for the database: %s", reason);
            }
            whileWaiting.accept(reason);
            pause();
        }
    }

    /** One try: why the database cannot be used at present; empty when the tables are up to date. */
    private Optional<String> hindrance() {
        try (Connection connection = connections.open(SessionSettings.forMigration(), APPLICATION)) {
            ServerCheck check = ServerCheck.ask(connection, connections.namesSchema());
            if (check.hindranceOrNull() != null) {
                return Optional.of(check.hindranceOrNull());
            }
            flyway.migrate();
            schema.found(check.schema());
            return Optional.empty();
        } catch (SQLException e) {
            // to connect and to look at settings takes no statement that could be wrong
            return Optional.of(Outage.reason(e));
        } catch (FlywayException e) {
            if (isInterruption(e)) {
                Thread.currentThread().interrupt();
                return Optional.of("the start was interrupted");
            }
            return Optional.of(Outage.of(e).orElseThrow(() -> e));
        }
    }

    /** Flyway waits for its lock, and takes the interruption from the thread. */
    private static boolean isInterruption(FlywayException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InterruptedException) {
                return true;
            }
        }
        return false;
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
