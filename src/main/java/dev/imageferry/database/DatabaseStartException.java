package dev.imageferry.database;

import java.io.Serial;

/** The embedded database cannot be started. The message is one line for the operator and says what to do. */
public final class DatabaseStartException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    DatabaseStartException(String message) {
        super(message);
    }

    DatabaseStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
