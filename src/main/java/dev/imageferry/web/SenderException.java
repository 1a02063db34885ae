package dev.imageferry.web;

import java.io.IOException;

/** The sender of a file does not send it to its end. */
abstract sealed class SenderException extends IOException {
    private static final long serialVersionUID = 1L;

    SenderException(String message) {
        super(message);
    }

    /** It sends less than {@link SenderPace#LEAST_BYTES_PER_SECOND}. */
    static final class TooSlow extends SenderException {
        private static final long serialVersionUID = 1L;

        TooSlow(String message) {
            super(message);
        }
    }

    /** The connection broke: nobody reads an answer. */
    static final class Gone extends SenderException {
        private static final long serialVersionUID = 1L;

        Gone(String message) {
            super(message);
        }
    }
}
