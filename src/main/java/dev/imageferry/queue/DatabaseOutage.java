package dev.imageferry.queue;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Collections;
import java.util.IdentityHashMap;
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
        return behind(failure, Collections.newSetFromMap(new IdentityHashMap<>()))
                .map(DatabaseOutage::problem);
    }

    /** The problem that all jobs have while the database fails like this. */
    public static Problem problem(SQLException failure) {
        return new Problem(
                ErrorCode.DATABASE_UNAVAILABLE,
                "the database does not answer (" + failure.getMessage()
                        + "): look at PostgreSQL and quarkus.datasource.jdbc.url");
    }

    private static Optional<SQLException> behind(@Nullable Throwable failure, Set<Throwable> seen) {
        if (failure == null || !seen.add(failure)) {
            return Optional.empty();
        }
        if (failure instanceof SQLException sql && isAway(sql)) {
            return Optional.of(sql);
        }
        for (Throwable suppressed : failure.getSuppressed()) {
            Optional<SQLException> found = behind(suppressed, seen);
            if (found.isPresent()) {
                return found;
            }
        }
        return behind(failure.getCause(), seen);
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
