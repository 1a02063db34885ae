package dev.imageferry.worker;

import java.util.UUID;

/** Another instance holds the job. The run must end and write nothing. */
public final class LeaseLostException extends Exception {
    private static final long serialVersionUID = 1L;

    public LeaseLostException(UUID job) {
        super("lease of job " + job + " lost");
    }
}
