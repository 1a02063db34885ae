package dev.imageferry.cli;

/** The exit status of every command. Scripts rely on the numbers. */
enum ExitStatus {
    /** Everything that was asked for is the case: every image is available, every job was changed. */
    OK(0),
    /** At least one file, job or call failed. */
    SOME_FAILED(1),
    /** The arguments, the environment or the token are wrong. */
    WRONG_CALL(2),
    /** The daemon is not reachable, or could not answer for too long. */
    UNREACHABLE(3),
    /** The time of {@code --timeout} was up. */
    TIME_UP(4);

    private final int code;

    ExitStatus(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
