package dev.imageferry.settings;

import java.io.Serial;

/** The daemon must not start with these settings; the message is one line that names the setting and what is wanted. */
public final class RefusedStartException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    RefusedStartException(String message) {
        super(message);
    }
}
