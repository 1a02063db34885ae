package dev.imageferry.cli;

/** Ends the command with a message of one line. */
final class CommandFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final ExitStatus status;

    CommandFailure(ExitStatus status, String message) {
        super(message);
        this.status = status;
    }

    ExitStatus status() {
        return status;
    }

    String message() {
        return String.valueOf(getMessage());
    }
}
