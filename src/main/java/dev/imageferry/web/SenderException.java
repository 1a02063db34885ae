package dev.imageferry.web;

import java.io.IOException;

/** The sender did not send the complete body. */
abstract sealed class SenderException extends IOException {
    private static final long serialVersionUID = 1L;

    private SenderException(String message) {
        super(message);
    }

    /** The body arrived at less than {@link SenderPace#MIN_BYTES_PER_SECOND}. */
    static final class TooSlow extends SenderException {
        private static final long serialVersionUID = 1L;

        TooSlow(long receivedBytes) {
            super("The file arrived at less than " + SenderPace.MIN_BYTES_PER_SECOND
                    + " bytes per second and was stopped after " + receivedBytes
                    + " bytes. Send it again over a faster connection.");
        }
    }

    /** The connection broke. */
    static final class Disconnected extends SenderException {
        private static final long serialVersionUID = 1L;

        Disconnected(String message) {
            super(message);
        }
    }
}
