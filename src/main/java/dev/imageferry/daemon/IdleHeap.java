package dev.imageferry.daemon;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Returns the memory of a busy time to the system. The heap shrinks only with a full collection, and a daemon with nothing to do
 * would never need one. Not thread-safe.
 */
final class IdleHeap {
    static final Duration LOOK_EVERY = Duration.ofSeconds(30);

    /** An idle daemon has less. */
    private static final long SMALL_BYTES = 80L * 1024 * 1024;

    private static final Logger LOG = Logger.getLogger(IdleHeap.class);

    private final LongSupplier heapBytes;
    private final Runnable collect;
    private boolean wasIdle;

    /** The heap after the last collection, which holds what is in use and cannot shrink further. */
    private long shrunkBytes;

    /**
     * Does nothing yet.
     *
     * @param heapBytes the memory that the heap has from the system
     * @param collect a full collection
     */
    IdleHeap(LongSupplier heapBytes, Runnable collect) {
        this.heapBytes = heapBytes;
        this.collect = collect;
    }

    /** The heap of this process. */
    static IdleHeap ofThisProcess() {
        return new IdleHeap(Runtime.getRuntime()::totalMemory, System::gc);
    }

    /**
     * Collects once the daemon was idle at two looks in a row, if the heap has grown by half since the last time.
     *
     * @param idle whether no job runs, so that a pause disturbs nobody
     */
    void look(boolean idle) {
        long before = heapBytes.getAsLong();
        if (idle && wasIdle && before > Math.max(SMALL_BYTES, shrunkBytes + shrunkBytes / 2)) {
            collect.run();
            shrunkBytes = heapBytes.getAsLong();
            LOG.debugf("heap shrunk from=%d to=%d", before, shrunkBytes);
        }
        wasIdle = idle;
    }
}
