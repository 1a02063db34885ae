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
 * Decides whether a failure is an outage of the database or a bug in Imageferry. REST, the queue and the migration use it.
 *
 * <p>An {@link SQLException} is an outage unless its SQLSTATE (PostgreSQL manual, appendix A) is in class 22 (data), 23
 * (integrity) or 42 (syntax or access rule). In these classes too, an error is an outage if it is caused by a pooler in
 * transaction mode, a missing privilege or a missing table, or if it ends the session.
 */
public final class Outage {
    private static final Set<String> BUG_CLASSES = Set.of("22", "23", "42");
    private static final String NO_PRIVILEGE = "42501";
    private static final String NO_TABLE = "42P01";
    private static final String NO_SCHEMA = "3F000";
    private static final String STATEMENT_EXISTS = "42P05";
    private static final String NO_STATEMENT = "26000";
    private static final String READ_ONLY = "25006";

    /** An earlier statement of the transaction failed, and its exception decides. */
    private static final String FAILED_TRANSACTION = "25P02";

    /** The names that the driver gives to statements. They also occur in messages with other SQLSTATEs. */
    private static final String DRIVER_STATEMENT = "prepared statement \"S_";

    private static final String URL = "quarkus.datasource.jdbc.url";

    private Outage() {}

    /**
     * Why the database cannot be used and what to do; empty for a bug, and for failures that are not about the database. Causes
     * and suppressed exceptions are included. If both kinds are found, it is an outage, because repeating is harmless and a bug
     * will occur again.
     */
    public static Optional<String> of(Throwable failure) {
        Set<Throwable> all = causes(failure);
        List<SQLException> failures = sqlExceptions(all);
        if (failures.isEmpty()) {
            return all.stream().anyMatch(RollbackException.class::isInstance)
                    ? Optional.of("a transaction timed out, because PostgreSQL or this process was suspended")
                    : Optional.empty();
        }
        List<SQLException> outages = failures.stream().filter(Outage::isOutage).toList();
        boolean bug = outages.size() < failures.size();
        return outages.stream()
                .filter(one -> !bug || !FAILED_TRANSACTION.equals(one.getSQLState()))
                .findFirst()
                .map(Outage::reason);
    }

    /**
     * Whether new sessions are needed although the connection is alive: it leads to a demoted primary or a pooler in transaction
     * mode, or has cached plans for tables that have changed.
     */
    public static boolean needsFreshSessions(Throwable failure) {
        return sqlExceptions(causes(failure)).stream()
                .anyMatch(one -> isOutage(one)
                        && (isCausedByPooler(one)
                                || Set.of(READ_ONLY, "0A000", NO_PRIVILEGE, NO_TABLE)
                                        .contains(state(one))));
    }

    /** The first message of the database, on one line. */
    public static String said(Throwable failure) {
        return sqlExceptions(causes(failure)).stream()
                .findFirst()
                .map(one -> firstLine(one.getMessage()))
                .orElse("no reason given");
    }

    /** Whether a table is missing. */
    public static boolean lacksTables(Throwable failure) {
        return sqlExceptions(causes(failure)).stream()
                .anyMatch(one -> state(one).equals(NO_TABLE));
    }

    /** The reason of a failure that is known to be an outage, such as a refused connection. */
    public static String reason(SQLException failure) {
        String detail = firstLine(failure.getMessage());
        String state = state(failure);
        if (isCausedByPooler(failure)) {
            return "a connection pooler is in transaction mode (" + detail + "): add prepareThreshold=0 to " + URL;
        }
        if (detail.contains("unsupported startup parameter")) {
            return "the connection pooler refuses the connection (" + detail
                    + "): add that parameter to ignore_startup_parameters in pgbouncer.ini";
        }
        if (detail.contains("\"TimeZone\"")) {
            return "PostgreSQL does not know the time zone of this process (" + detail
                    + "): start Java with -Duser.timezone=UTC";
        }
        return switch (state) {
            case NO_PRIVILEGE ->
                "PostgreSQL denies access (" + detail
                        + "): GRANT the role of quarkus.datasource.username CONNECT on the"
                        + " database, USAGE and CREATE on its schema and ALL on the tables in it";
            case NO_TABLE, NO_SCHEMA ->
                "the tables are missing (" + detail
                        + "): restore them, or name their database and schema (currentSchema) in " + URL
                        + "; restarting the daemon creates new ones";
            case READ_ONLY ->
                "PostgreSQL is read-only (" + detail
                        + "): find the primary, and name all hosts with targetServerType=primary in " + URL;
            case "40001", "40P01" -> "PostgreSQL rolled back a conflicting transaction (" + detail + ")";
            case "55P03" ->
                "another session holds a lock for too long (" + detail + "): check pg_stat_activity and pg_locks";
            case "57014" -> "PostgreSQL is too slow (" + detail + "): check its disk, its load and pg_stat_activity";
            case "53100" -> "PostgreSQL's disk is full (" + detail + "): free some space on it";
            case "53300" ->
                "PostgreSQL has no connections left (" + detail + "): raise its max_connections or end other sessions";
            case "28000", "28P01" ->
                "PostgreSQL refuses the login (" + detail
                        + "): check quarkus.datasource.username, quarkus.datasource.password and pg_hba.conf";
            case "3D000" -> "the database does not exist (" + detail + "): create it, or name another in " + URL;
            default ->
                state.startsWith("58")
                        ? "PostgreSQL's disk is failing (" + detail + "): check its log and its disk"
                        : "the database does not answer (" + detail + "): check PostgreSQL and " + URL;
        };
    }

    private static boolean isOutage(SQLException failure) {
        String state = state(failure);
        return state.length() < 2 // exceptions of the connection pool have no state
                || !BUG_CLASSES.contains(state.substring(0, 2))
                || isCausedByPooler(failure)
                || state.equals(NO_PRIVILEGE)
                || state.equals(NO_TABLE)
                || endsSession(failure);
    }

    private static boolean isCausedByPooler(SQLException failure) {
        return state(failure).equals(NO_STATEMENT)
                || state(failure).equals(STATEMENT_EXISTS)
                || firstLine(failure.getMessage()).contains(DRIVER_STATEMENT);
    }

    /** FATAL and PANIC are about a login or a server that shuts down, never about a statement. */
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

    /** A failure with all its causes, suppressed exceptions and next exceptions of a batch. */
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
