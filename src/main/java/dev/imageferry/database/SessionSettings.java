package dev.imageferry.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * The settings of our sessions. They are set by us and not inherited from the role, the database or the server. A pooler in
 * transaction mode spreads those of the server over its own sessions; {@code answer} is the driver's and holds there, too.
 * (The driver's {@code queryTimeout} is not used: its timer measures by the wall clock.)
 *
 * @param statement how long one statement may take; zero: without limit
 * @param lock how long one statement may wait for a lock
 * @param idleInTransaction how long a transaction may stand still, e.g. that of a frozen daemon; zero: without limit
 * @param answer how long a connection may be silent before it counts as dead; zero: without limit
 */
public record SessionSettings(Duration statement, Duration lock, Duration idleInTransaction, Duration answer) {
    private static final Duration LONGEST_STATEMENT = Duration.ofSeconds(60);
    private static final Duration LONGEST_LOCK = Duration.ofSeconds(10);
    private static final Duration SHORTEST = Duration.ofMillis(500);

    /** A connection to a host that is gone is given up after so long, in seconds. */
    private static final String CONNECT_SECONDS = "10";

    private static final String SET = """
            SELECT set_config('statement_timeout', ?, false),
                set_config('lock_timeout', ?, false),
                set_config('idle_in_transaction_session_timeout', ?, false),
                set_config('default_transaction_isolation', 'read committed', false),
                set_config('default_transaction_read_only', 'off', false),
                set_config('default_transaction_deferrable', 'off', false),
                -- a commit that a crash could take back would break the order of intent and deed
                CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
            """;

    /** For work under leases: every limit ends well before a lease does. */
    public static SessionSettings forLease(Duration lease) {
        Duration statement = between(lease.dividedBy(4), LONGEST_STATEMENT);
        return new SessionSettings(
                statement,
                between(lease.dividedBy(12), LONGEST_LOCK),
                between(lease.dividedBy(2), LONGEST_STATEMENT),
                // a third of the lease at most: heartbeats have to notice a dead line in time
                between(lease.dividedBy(3), statement.plus(LONGEST_LOCK)));
    }

    /** For migrations: an index on a large table takes its time, but nobody waits behind a lock for long. */
    static SessionSettings forMigration() {
        return new SessionSettings(Duration.ZERO, LONGEST_LOCK, Duration.ZERO, Duration.ZERO);
    }

    private static Duration between(Duration wanted, Duration most) {
        Duration atLeast = wanted.compareTo(SHORTEST) < 0 ? SHORTEST : wanted;
        return atLeast.compareTo(most) > 0 ? most : atLeast;
    }

    /** What the driver needs to know before it connects; the JDBC URL overrides it. */
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
     * Makes a new connection's session ours.
     *
     * @param schemaOrNull where the tables are; null while that is not known
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
