package dev.imageferry.settings;

import java.io.Serial;

/** The daemon cannot start with these settings. The message is one line that names the setting and the expected value. */
public final class RefusedStartException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    RefusedStartException(String message) {
        super(message);
    }
}
