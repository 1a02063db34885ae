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
 * Migrates the schema as soon as the database can be used. Quarkus' own migration would fail the start if an external database
 * is down. Several instances can call it at the same time; Flyway's lock serialises them.
 */
@Singleton
public final class SchemaMigration {
    private static final Logger LOG = Logger.getLogger(SchemaMigration.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final String APPLICATION = "imageferry start";

    /** Lets migrations find the operator classes of an extension that was created for another queue in another schema. */
    static final String FIND_EXTENSIONS = """
            SELECT set_config('search_path', concat_ws(', ', current_setting('search_path'), quote_ident(nspname)), false)
            FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm'
            """;

    private final DirectConnections connections;
    private final TablesSchema schema;
    private final Flyway flyway;
    private volatile Consumer<String> whileWaiting = reason -> {};
    private volatile boolean migrated;
    private volatile boolean abandoned;

    /** Uses connections outside the pool, whose time limits are too short for creating an index on a large table. */
    SchemaMigration(Flyway flyway, DirectConnections connections, TablesSchema schema) {
        this.connections = connections;
        this.schema = schema;
        this.flyway = Flyway.configure(flyway.getConfiguration().getClassLoader())
                .configuration(flyway.getConfiguration())
                .dataSource(connections.dataSource(SessionSettings.forMigration(), APPLICATION))
                .initSql(FIND_EXTENSIONS)
                // wait for another instance without a limit
                .lockRetryCount(-1)
                .load();
    }

    /** Whether the tables exist. Before that, the database must not be queried. */
    public boolean migrated() {
        return migrated;
    }

    /** Sets a listener that receives the reason for waiting, once a second on the waiting thread. */
    public void whileWaiting(Consumer<String> listener) {
        whileWaiting = listener;
    }

    /** Stops waiting, for a shutdown. Interrupting is not sufficient, because Flyway ignores it while it creates its table. */
    public void abandon() {
        abandoned = true;
    }

    /**
     * Waits until the database can be used, and migrates it. Returns without migrating if the thread is interrupted or the
     * migration is abandoned.
     *
     * @throws FlywayException if the migration itself fails
     */
    public void migrateWhenReachable() {
        String logged = "";
        while (!migrated && !abandoned && !Thread.currentThread().isInterrupted()) {
            Optional<String> error = tryToMigrate();
            if (error.isEmpty()) {
                migrated = true;
                return;
            }
            String reason = error.get();
            if (!reason.equals(logged)) {
                logged = reason;
                LOG.warnf("waiting for the database: %s", reason);
            }
            whileWaiting.accept(reason);
            pause();
        }
    }

    /** Why the database cannot be used now; empty if it is migrated. */
    private Optional<String> tryToMigrate() {
        try (Connection connection = connections.open(SessionSettings.forMigration(), APPLICATION)) {
            ServerCheck check = ServerCheck.query(connection, connections.namesSchema());
            if (check.errorOrNull() != null) {
                return Optional.of(check.errorOrNull());
            }
            flyway.migrate();
            schema.found(check.schema());
            return Optional.empty();
        } catch (SQLException e) {
            // connecting and reading settings cannot fail because of a bug in a statement
            return Optional.of(Outage.reason(e));
        } catch (FlywayException e) {
            if (isInterruption(e)) {
                Thread.currentThread().interrupt();
                return Optional.of("the start was interrupted");
            }
            return Optional.of(Outage.of(e).orElseThrow(() -> e));
        }
    }

    /** Flyway clears the interrupt status while it waits for its lock. */
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
