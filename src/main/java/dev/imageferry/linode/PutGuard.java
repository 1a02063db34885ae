package dev.imageferry.linode;

/** Decides whether a PUT can complete. Called once, before its final bytes are released. */
@FunctionalInterface
public interface PutGuard {
    /**
     * Whether this instance still holds the lease of the job. Can also record that all bytes are about to be sent. Runs on the
     * thread of the PUT and should take a few seconds at most. An exception aborts the PUT.
     */
    boolean mayFinish();
}
