package dev.imageferry.linode;

import java.time.Duration;

/** The progress of a PUT. Written by its thread and read by the thread that enforces the time limits. */
final class PutProgress {
    enum Phase {
        /** Name lookup, connection, TLS. */
        CONNECTING,
        /** Reading the file, waiting for bandwidth or for the guard. No time limit. */
        LOCAL,
        /** Waiting until the network accepts bytes. */
        SENDING,
        /** Waiting for the answer of the bucket, which has every byte. */
        ANSWERING
    }

    record Moment(Phase phase, long sinceNanos) {
        boolean isOlderThan(Duration limit) {
            return System.nanoTime() - sinceNanos > limit.toNanos();
        }
    }

    /** How much of the file was sent. */
    enum Sent {
        /** The final bytes were not released, so the bucket cannot have the whole file. */
        PART,
        /** The final bytes were released. */
        MAYBE_ALL,
        /** The network has accepted the last byte. */
        ALL
    }

    private final PutListener listener;
    private volatile Moment moment = new Moment(Phase.CONNECTING, System.nanoTime());
    private volatile long bytesSent;
    private volatile boolean finalBytesReleased;

    PutProgress(PutListener listener) {
        this.listener = listener;
    }

    void enter(Phase phase) {
        moment = new Moment(phase, System.nanoTime());
    }

    Moment moment() {
        return moment;
    }

    void sent(long total) {
        bytesSent = total;
        listener.bytesSent(total);
    }

    long bytesSent() {
        return bytesSent;
    }

    void releaseFinalBytes() {
        finalBytesReleased = true;
    }

    Sent sent() {
        if (moment.phase() == Phase.ANSWERING) {
            return Sent.ALL;
        }
        return finalBytesReleased ? Sent.MAYBE_ALL : Sent.PART;
    }

    /** Whether the final bytes were released, so that the bucket may have the whole file. */
    boolean finalBytesReleased() {
        return finalBytesReleased;
    }
}
