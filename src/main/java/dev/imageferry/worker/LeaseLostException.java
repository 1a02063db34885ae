package dev.imageferry.worker;

import java.util.UUID;

/** Somebody else holds the job by now: whatever runs for it here has to stop, and writes nothing. */
public final class LeaseLostException extends Exception {
    private static final long serialVersionUID = 1L;

    public LeaseLostException(UUID job) {
        super("the lease of job " + job + " is lost");
    }
}
