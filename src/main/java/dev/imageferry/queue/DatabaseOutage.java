package dev.imageferry.queue;

import dev.imageferry.database.Outage;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.sql.SQLException;
import java.util.Optional;

/** An outage of the database as the problem that all jobs have meanwhile. */
public final class DatabaseOutage {
    private DatabaseOutage() {}

    /** The problem when the failure comes from an outage ({@link Outage}); empty for a bug and for anything else. */
    public static Optional<Problem> of(Throwable failure) {
        return Outage.of(failure).map(DatabaseOutage::because);
    }

    /** The problem while the database fails like this, for a failure that is known to be an outage. */
    public static Problem problem(SQLException failure) {
        return because(Outage.reason(failure));
    }

    /** What the database said of a statement that it refused, in one line. */
    public static String words(Throwable failure) {
        return Outage.said(failure);
    }

    /** Whether only the tables are missing, as they are before the first start is through. */
    public static boolean lacksTables(Throwable failure) {
        return Outage.lacksTables(failure);
    }

    /** The problem while the database cannot be used for a reason that is known. */
    public static Problem because(String reason) {
        return new Problem(ErrorCode.DATABASE_UNAVAILABLE, reason);
    }
}
