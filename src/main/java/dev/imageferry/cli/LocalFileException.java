package dev.imageferry.cli;

import java.io.IOException;

/** A file of this machine cannot be read, or changed while it was being sent. */
final class LocalFileException extends IOException {
    private static final long serialVersionUID = 1L;

    LocalFileException(String message) {
        super(message);
    }

    String message() {
        return String.valueOf(getMessage());
    }
}
