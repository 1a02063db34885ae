package dev.imageferry.upload;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells a database that is away from a statement that is wrong. */
final class DatabaseOutage {
    private DatabaseOutage() {}

    /** The problem that all jobs have when the failure comes of a database that is away; empty for anything else. */
    static Optional<Problem> of(Throwable failure) {
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && isAway(sql)) {
                return Optional.of(problem(sql));
            }
        }
        return Optional.empty();
    }

    static Problem problem(SQLException failure) {
        return new Problem(
                ErrorCode.DATABASE_UNAVAILABLE,
                "the database does not answer (" + failure.getMessage()
                        + "): look at PostgreSQL and quarkus.datasource.jdbc.url");
    }

    /** By class of SQLSTATE: 08 connection, 53 out of resources, 57 taken down, 25006 read-only; none: the pool's own. */
    private static boolean isAway(SQLException failure) {
        String state = failure.getSQLState();
        return state == null
                || state.startsWith("08")
                || state.startsWith("53")
                || state.startsWith("57P")
                || state.equals("25006");
    }
}
