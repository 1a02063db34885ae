package dev.imageferry.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a database session, set explicitly instead of inherited from the role, the database or the server. A pooler
 * in transaction mode does not keep them, except for {@code answer}, which the driver enforces. The driver's
 * {@code queryTimeout} is not used, because it depends on the wall clock.
 *
 * @param statement limit for one statement; zero: no limit
 * @param lock limit for waiting for a lock
 * @param idleInTransaction limit for an idle transaction, such as that of a frozen daemon; zero: no limit
 * @param answer limit for the silence of a connection; zero: no limit
 */
public record SessionSettings(Duration statement, Duration lock, Duration idleInTransaction, Duration answer) {
    private static final Duration LONGEST_STATEMENT = Duration.ofSeconds(60);
    private static final Duration LONGEST_LOCK = Duration.ofSeconds(10);
    private static final Duration SHORTEST = Duration.ofMillis(500);

    private static final String CONNECT_SECONDS = "10";

    private static final String SET = """
            SELECT set_config('statement_timeout', ?, false),
                set_config('lock_timeout', ?, false),
                set_config('idle_in_transaction_session_timeout', ?, false),
                set_config('default_transaction_isolation', 'read committed', false),
                set_config('default_transaction_read_only', 'off', false),
                set_config('default_transaction_deferrable', 'off', false),
                -- a commit must not be lost in a crash, because calls to Linode follow it
                CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
            """;

    /** For work under leases: every limit is much shorter than a lease. */
    public static SessionSettings forLease(Duration lease) {
        Duration statement = between(lease.dividedBy(4), LONGEST_STATEMENT);
        return new SessionSettings(
                statement,
                between(lease.dividedBy(12), LONGEST_LOCK),
                between(lease.dividedBy(2), LONGEST_STATEMENT),
                // at most a third of the lease, so that heartbeats detect a dead connection in time
                between(lease.dividedBy(3), statement.plus(LONGEST_LOCK)));
    }

    /** For migrations, which may take long, but must not wait for a lock for long. */
    static SessionSettings forMigration() {
        return new SessionSettings(Duration.ZERO, LONGEST_LOCK, Duration.ZERO, Duration.ZERO);
    }

    private static Duration between(Duration wanted, Duration most) {
        Duration atLeast = wanted.compareTo(SHORTEST) < 0 ? SHORTEST : wanted;
        return atLeast.compareTo(most) > 0 ? most : atLeast;
    }

    /** Connection properties for the driver. The JDBC URL overrides them. */
    public Properties properties(String applicationName) {
        Properties properties = new Properties();
        properties.setProperty("ApplicationName", applicationName);
        properties.setProperty("connectTimeout", CONNECT_SECONDS);
        properties.setProperty("tcpKeepAlive", "true");
        if (!answer.isZero()) {
            properties.setProperty("socketTimeout", Long.toString(wholeSeconds(answer)));
        }
        return properties;
    }

    /**
     * Applies the settings to a new connection.
     *
     * @param schemaOrNull where the tables are; null if that is not known yet
     */
    public void apply(Connection connection, @Nullable String schemaOrNull) throws SQLException {
        try (PreparedStatement set = connection.prepareStatement(SET)) {
            set.setString(1, millis(statement));
            set.setString(2, millis(lock));
            set.setString(3, millis(idleInTransaction));
            set.execute();
        }
        if (schemaOrNull != null) {
            connection.setSchema(schemaOrNull);
        }
        limitSilence(connection);
    }

    private void limitSilence(Connection connection) throws SQLException {
        int before = connection.getNetworkTimeout();
        int wanted = (int) answer.toMillis();
        if (wanted > 0 && (before == 0 || wanted < before)) {
            connection.setNetworkTimeout(Runnable::run, wanted);
        }
    }

    private static long wholeSeconds(Duration duration) {
        return Math.max(1, duration.plusMillis(999).toSeconds());
    }

    private static String millis(Duration duration) {
        return Long.toString(duration.toMillis());
    }
}
