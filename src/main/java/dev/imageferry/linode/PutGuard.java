package dev.imageferry.linode;

/** Asked once a PUT, before its held-back end goes out: the last moment at which nothing has happened yet. */
@FunctionalInterface
public interface PutGuard {
    /**
     * Whether the job is still ours; also the place to note that all bytes are about to be sent. Runs on the PUT's own
     * thread while the bucket waits, so it should take seconds at most. What it throws comes out of the PUT, which is
     * cut.
     */
    boolean mayFinish();
}
