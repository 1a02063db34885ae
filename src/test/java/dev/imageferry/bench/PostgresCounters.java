package dev.imageferry.bench;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;

/**
 * What the database of a connection has counted so far.
 *
 * @param commits transactions that were committed ({@code pg_stat_database})
 * @param statements statements with BEGIN and COMMIT ({@code pg_stat_statements}); 0 where that extension is missing
 */
public record PostgresCounters(long commits, long statements) {
    /** A session reports what it has counted when it is idle for ten seconds, and before that at most once a second. */
    private static final long REPORTED_AFTER_SECONDS = 11;

    /** Waits until idle sessions have reported, and reads the counters of the database. */
    public static PostgresCounters settled(Connection connection, String database)
            throws SQLException, InterruptedException {
        TimeUnit.SECONDS.sleep(REPORTED_AFTER_SECONDS);
        return read(connection, database);
    }

    /** Reads the counters of the database. */
    public static PostgresCounters read(Connection connection, String database) throws SQLException {
        boolean counted =
                number(connection, "SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'") > 0;
        return new PostgresCounters(
                number(connection, "SELECT xact_commit FROM pg_stat_database WHERE datname = '" + database + "'"),
                counted
                        ? number(
                                connection,
                                "SELECT sum(calls)::bigint FROM pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid"
                                        + " WHERE datname = '" + database + "'")
                        : 0);
    }

    public PostgresCounters since(PostgresCounters earlier) {
        return new PostgresCounters(commits - earlier.commits(), statements - earlier.statements());
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
