package dev.imageferry.database;

import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Brings the schema up to date, as soon as the database can be reached: Quarkus' own migration at start would end the start while an
 * external database is down. Several instances may do so at the same time; Flyway lets one go first.
 */
@Singleton
public final class SchemaMigration {
    private static final Logger LOG = Logger.getLogger(SchemaMigration.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /**
     * Classes of SQLSTATE (PostgreSQL's Appendix A) that say "not now" and not "never": no connection, no log-in (a password being
     * rotated), no such database yet, no resources, going down or coming up.
     */
    private static final Set<String> NOT_NOW = Set.of("08", "28", "3D", "53", "57");

    private final Flyway flyway;
    private volatile boolean migrated;

    SchemaMigration(Flyway flyway) {
        this.flyway = flyway;
    }

    /** Whether the tables are there; until then nothing may ask the database. */
    public boolean migrated() {
        return migrated;
    }

    /**
     * Migrates, waiting for as long as the database does not answer. Ends early, not migrated, when the thread is interrupted.
     *
     * @throws FlywayException when the database answers and the migration itself fails
     */
    public void migrateWhenReachable() {
        migrateWhenReachable(reason -> {});
    }

    /**
     * As {@link #migrateWhenReachable()}.
     *
     * @param away is told at each try that fails what keeps the database from being used
     */
    public void migrateWhenReachable(Consumer<String> away) {
        boolean waiting = false;
        while (!migrated && !Thread.currentThread().isInterrupted()) {
            try {
                flyway.migrate();
                migrated = true;
            } catch (FlywayException e) {
                String reason = firstLine(notNow(e).orElseThrow(() -> e).getMessage());
                if (!waiting) {
                    waiting = true;
                    LOG.warnf("The database does not answer, waiting for it: %s", reason);
                }
                away.accept(reason);
                pause();
            }
        }
    }

    /** What says that the database cannot be used at present; empty when it can, and the migration is wrong. */
    private static Optional<SQLException> notNow(FlywayException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            // no SQLSTATE: from the pool, which got no connection in time
            if (cause instanceof SQLException e
                    && (e.getSQLState() == null
                            || NOT_NOW.contains(e.getSQLState().substring(0, 2)))) {
                return Optional.of(e);
            }
        }
        return Optional.empty();
    }

    private static String firstLine(@Nullable String message) {
        return Objects.toString(message, "").lines().findFirst().orElse("");
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
