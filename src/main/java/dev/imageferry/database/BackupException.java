package dev.imageferry.database;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A backup, a restore or a move was refused or failed. The message is one line for the operator and says what to do. */
public final class BackupException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    BackupException(String message) {
        super(message);
    }

    BackupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
