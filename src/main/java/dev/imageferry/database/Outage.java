package dev.imageferry.database;

import jakarta.transaction.RollbackException;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Decides whether a failure is an outage of the database or a bug of ours. The only such list: REST, the queue and the
 * migration use it.
 *
 * <p>An {@link SQLException} is an outage unless its SQLSTATE (PostgreSQL's manual, appendix A) is of class 22 (data), 23
 * (integrity) or 42 (syntax or access rule) and the statement is ours. Within these classes an outage is: what a pooler in
 * transaction mode causes, a privilege or a table that is missing, and everything that ends the session.
 */
public final class Outage {
    private static final Set<String> BUG_CLASSES = Set.of("22", "23", "42");
    private static final String NO_PRIVILEGE = "42501";
    private static final String NO_TABLE = "42P01";
    private static final String NO_SCHEMA = "3F000";
    private static final String STATEMENT_EXISTS = "42P05";
    private static final String NO_STATEMENT = "26000";
    private static final String READ_ONLY = "25006";

    /** Only says that an earlier statement of the transaction failed, whose own exception decides. */
    private static final String FAILED_TRANSACTION = "25P02";

    /** The driver's own names: {@code prepared statement "S_1" …}, also in messages of other SQLSTATEs. */
    private static final String DRIVERS_STATEMENT = "prepared statement \"S_";

    private static final String URL = "quarkus.datasource.jdbc.url";

    private Outage() {}

    /**
     * Why the database cannot be used, with the remedy where there is one, whatever was wrapped around the reason; empty
     * for a bug and for what has nothing to do with the database. One outage among several failures decides: to try again
     * costs nothing and shows a bug that remains.
     */
    public static Optional<String> of(Throwable failure) {
        Set<Throwable> all = causes(failure);
        List<SQLException> said = sqlExceptions(all);
        if (said.isEmpty()) {
            return all.stream().anyMatch(RollbackException.class::isInstance)
                    ? Optional.of("a transaction took longer than it may: PostgreSQL or this process stood still")
                    : Optional.empty();
        }
        List<SQLException> outages = said.stream().filter(Outage::isOutage).toList();
        boolean bug = outages.size() < said.size();
        return outages.stream()
                .filter(one -> !bug || !FAILED_TRANSACTION.equals(one.getSQLState()))
                .findFirst()
                .map(Outage::reason);
    }

    /**
     * Whether fresh sessions are needed, although the connection is alive: it is one of a demoted primary, of a pooler in
     * transaction mode, or has plans of tables that have changed.
     */
    public static boolean needsFreshSessions(Throwable failure) {
        return sqlExceptions(causes(failure)).stream()
                .anyMatch(one -> isOutage(one)
                        && (isPoolers(one)
                                || Set.of(READ_ONLY, "0A000", NO_PRIVILEGE, NO_TABLE)
                                        .contains(state(one))));
    }

    /** What the database said first, in one line. */
    public static String said(Throwable failure) {
        return sqlExceptions(causes(failure)).stream()
                .findFirst()
                .map(one -> firstLine(one.getMessage()))
                .orElse("no reason given");
    }

    /** Whether it is an outage because a table is missing. */
    public static boolean lacksTables(Throwable failure) {
        return sqlExceptions(causes(failure)).stream()
                .anyMatch(one -> state(one).equals(NO_TABLE));
    }

    /** The reason in words, of a failure that is known to be an outage, e.g. of a connection that was refused. */
    public static String reason(SQLException failure) {
        String said = firstLine(failure.getMessage());
        String state = state(failure);
        if (isPoolers(failure)) {
            return "a connection pooler in transaction mode gets in the way (" + said + "): add prepareThreshold=0 to "
                    + URL;
        }
        if (said.contains("unsupported startup parameter")) {
            return "the connection pooler refuses the connection (" + said
                    + "): add that parameter to ignore_startup_parameters in pgbouncer.ini";
        }
        if (said.contains("\"TimeZone\"")) {
            return "PostgreSQL does not know the time zone of this process (" + said
                    + "): start Java with -Duser.timezone=UTC";
        }
        return switch (state) {
            case NO_PRIVILEGE ->
                "PostgreSQL refuses access (" + said + "): GRANT the role of quarkus.datasource.username CONNECT on the"
                        + " database, USAGE and CREATE on its schema and ALL on the tables in it";
            case NO_TABLE, NO_SCHEMA ->
                "the tables are not there (" + said
                        + "): restore them, or name their database and schema (currentSchema) in " + URL
                        + "; a restart of the daemon makes new ones";
            case READ_ONLY ->
                "PostgreSQL is read-only (" + said
                        + "): look for the primary, and name all hosts with targetServerType=primary in " + URL;
            case "40001", "40P01" -> "PostgreSQL resolved a conflict of transactions (" + said + ")";
            case "55P03" ->
                "another session holds a lock for too long (" + said + "): look at pg_stat_activity and pg_locks";
            case "57014" -> "PostgreSQL is too slow (" + said + "): look at its disk, its load and pg_stat_activity";
            case "53100" -> "PostgreSQL's disk is full (" + said + "): make room on it";
            case "53300" ->
                "PostgreSQL has no connection left (" + said + "): raise its max_connections or end other sessions";
            case "28000", "28P01" ->
                "PostgreSQL refuses the log-in (" + said
                        + "): look at quarkus.datasource.username, quarkus.datasource.password and pg_hba.conf";
            case "3D000" -> "the database is not there (" + said + "): make it, or name another in " + URL;
            default ->
                state.startsWith("58")
                        ? "PostgreSQL's disk fails (" + said + "): look at its log and its disk"
                        : "the database does not answer (" + said + "): look at PostgreSQL and " + URL;
        };
    }

    private static boolean isOutage(SQLException failure) {
        String state = state(failure);
        return state.length() < 2 // the pool's own exceptions have none
                || !BUG_CLASSES.contains(state.substring(0, 2))
                || isPoolers(failure)
                || state.equals(NO_PRIVILEGE)
                || state.equals(NO_TABLE)
                || endsSession(failure);
    }

    private static boolean isPoolers(SQLException failure) {
        return state(failure).equals(NO_STATEMENT)
                || state(failure).equals(STATEMENT_EXISTS)
                || firstLine(failure.getMessage()).contains(DRIVERS_STATEMENT);
    }

    /** A statement of ours is never answered by FATAL or PANIC: a log-in may be, and a server that goes down. */
    private static boolean endsSession(SQLException failure) {
        ServerErrorMessage message = failure instanceof PSQLException server ? server.getServerErrorMessage() : null;
        return message != null && Set.of("FATAL", "PANIC").contains(Objects.toString(message.getSeverity(), ""));
    }

    private static String state(SQLException failure) {
        return Objects.toString(failure.getSQLState(), "");
    }

    private static String firstLine(@Nullable String message) {
        return Objects.toString(message, "no reason given").lines().findFirst().orElse("no reason given");
    }

    private static List<SQLException> sqlExceptions(Set<Throwable> all) {
        return all.stream()
                .filter(SQLException.class::isInstance)
                .map(SQLException.class::cast)
                .toList();
    }

    /** A failure with all that caused it, was suppressed on the way or follows it in a batch. */
    private static Set<Throwable> causes(Throwable failure) {
        Set<Throwable> all = new LinkedHashSet<>();
        collect(failure, all);
        return all;
    }

    private static void collect(@Nullable Throwable failure, Set<Throwable> into) {
        if (failure != null && into.add(failure)) {
            for (Throwable suppressed : failure.getSuppressed()) {
                collect(suppressed, into);
            }
            if (failure instanceof SQLException batch) {
                collect(batch.getNextException(), into);
            }
            collect(failure.getCause(), into);
        }
    }
}
