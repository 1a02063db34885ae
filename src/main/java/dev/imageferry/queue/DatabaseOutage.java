package dev.imageferry.queue;

import dev.imageferry.database.Outage;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.sql.SQLException;
import java.util.Optional;

/** Converts an outage of the database to the {@link Problem} of the jobs that wait for it. */
public final class DatabaseOutage {
    private DatabaseOutage() {}

    /** Returns the problem if the failure is an outage ({@link Outage}). Returns empty for a bug or any other failure. */
    public static Optional<Problem> of(Throwable failure) {
        return Outage.of(failure).map(DatabaseOutage::because);
    }

    /** Returns the problem for a failure that is known to be an outage. */
    public static Problem problem(SQLException failure) {
        return because(Outage.reason(failure));
    }

    /** Returns the error message of the database in one line. */
    public static String words(Throwable failure) {
        return Outage.said(failure);
    }

    /** Whether the failure means that the tables do not exist, as before the first start has finished. */
    public static boolean lacksTables(Throwable failure) {
        return Outage.lacksTables(failure);
    }

    /** Returns the problem with the given reason. */
    public static Problem because(String reason) {
        return new Problem(ErrorCode.DATABASE_UNAVAILABLE, reason);
    }
}
