package dev.imageferry.web;

import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells a database that is away from a statement that is wrong. */
final class DatabaseOutage {
    private DatabaseOutage() {}

    /** Whether the database was away, whatever the persistence layers have wrapped around the reason. */
    static boolean isBehind(Throwable failure) {
        return isBehind(failure, Collections.newSetFromMap(new IdentityHashMap<>()));
    }

    private static boolean isBehind(@Nullable Throwable failure, Set<Throwable> seen) {
        if (failure == null || !seen.add(failure)) {
            return false;
        }
        if (failure instanceof SQLException sql && isOutage(sql)) {
            return true;
        }
        for (Throwable suppressed : failure.getSuppressed()) {
            if (isBehind(suppressed, seen)) {
                return true;
            }
        }
        return isBehind(failure.getCause(), seen);
    }

    /**
     * By SQLSTATE (PostgreSQL's manual, appendix A): 08 connection, 53 no resources (too many connections), 57P01 to
     * 57P05 shut down or starting. The pool's own exceptions have none.
     */
    private static boolean isOutage(SQLException failure) {
        String state = failure.getSQLState();
        return failure instanceof SQLTransientException
                || state == null
                || state.startsWith("08")
                || state.startsWith("53")
                || state.startsWith("57P");
    }
}
