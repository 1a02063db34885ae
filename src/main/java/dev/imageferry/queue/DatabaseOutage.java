package dev.imageferry.queue;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import jakarta.transaction.RollbackException;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells a database that is away from a statement that is wrong. */
public final class DatabaseOutage {
    private DatabaseOutage() {}

    /**
     * The problem that all jobs have when the failure comes of a database that is away, whatever the persistence layers
     * have wrapped around the reason; empty for anything else.
     */
    public static Optional<Problem> of(Throwable failure) {
        Set<Throwable> all = new LinkedHashSet<>();
        collect(failure, all);
        List<SQLException> said = all.stream()
                .filter(SQLException.class::isInstance)
                .map(SQLException.class::cast)
                .toList();
        if (said.isEmpty() && all.stream().anyMatch(RollbackException.class::isInstance)) {
            // the database has complained about nothing: the transaction's own time limit is up, nothing was written
            return Optional.of(new Problem(
                    ErrorCode.DATABASE_UNAVAILABLE,
                    "a transaction took longer than it may: PostgreSQL, or this process, stood still meanwhile"));
        }
        return said.stream().filter(DatabaseOutage::isAway).findFirst().map(DatabaseOutage::problem);
    }

    /** The problem that all jobs have while the database fails like this. */
    public static Problem problem(SQLException failure) {
        return new Problem(
                ErrorCode.DATABASE_UNAVAILABLE,
                "the database does not answer (" + failure.getMessage()
                        + "): look at PostgreSQL and quarkus.datasource.jdbc.url");
    }

    /** What the database said of a statement that it refused, in one line. */
    public static String words(Throwable failure) {
        Set<Throwable> all = new LinkedHashSet<>();
        collect(failure, all);
        return all.stream()
                .filter(SQLException.class::isInstance)
                .findFirst()
                .map(Throwable::getMessage)
                .flatMap(message -> message.lines().findFirst())
                .orElse("no reason given");
    }

    /** A failure with all that caused it or was suppressed on the way. */
    private static void collect(@Nullable Throwable failure, Set<Throwable> into) {
        if (failure != null && into.add(failure)) {
            for (Throwable suppressed : failure.getSuppressed()) {
                collect(suppressed, into);
            }
            collect(failure.getCause(), into);
        }
    }

    /**
     * By SQLSTATE (PostgreSQL's manual, appendix A): 08 connection, 53 no resources (too many connections), 57P01 to
     * 57P05 shut down or starting, 25006 read-only after a fail-over. The pool's own exceptions have none.
     */
    private static boolean isAway(SQLException failure) {
        String state = failure.getSQLState();
        return failure instanceof SQLTransientException
                || state == null
                || state.startsWith("08")
                || state.startsWith("53")
                || state.startsWith("57P")
                || state.equals("25006");
    }
}
