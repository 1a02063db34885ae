package dev.imageferry.linode;

import java.time.Duration;

/** How far a PUT is, written by its thread and looked at by the one that watches its time limits. */
final class PutProgress {
    /** Whose turn it is. */
    enum Phase {
        /** Address, connection, TLS. */
        CONNECTING,
        /** Ours: reading the file, waiting for bandwidth, asking the guard. No limit. */
        OURS,
        /** The network's: bytes wait to be accepted. */
        SENDING,
        /** The bucket's: it has every byte. */
        ANSWERING
    }

    record Moment(Phase phase, long sinceNanos) {
        boolean isOlderThan(Duration limit) {
            return System.nanoTime() - sinceNanos > limit.toNanos();
        }
    }

    /** How much may be, and how much surely is, out. */
    enum Sent {
        /** The end was not touched: the bucket cannot have the whole file. */
        PART,
        /** The last bytes were begun to be handed over. */
        PERHAPS_ALL,
        /** The network has taken the last byte. */
        ALL
    }

    private final PutListener listener;
    private volatile Moment moment = new Moment(Phase.CONNECTING, System.nanoTime());
    private volatile long bytesSent;
    private volatile boolean endBegun;

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

    void beginEnd() {
        endBegun = true;
    }

    Sent sent() {
        if (moment.phase() == Phase.ANSWERING) {
            return Sent.ALL;
        }
        return endBegun ? Sent.PERHAPS_ALL : Sent.PART;
    }

    /** Whether the last bytes were begun to be handed over: from then on the bucket may have the whole file. */
    boolean isEndBegun() {
        return endBegun;
    }
}
