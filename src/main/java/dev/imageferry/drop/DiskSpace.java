package dev.imageferry.drop;

import dev.imageferry.file.DiskFull;
import dev.imageferry.job.Reason;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Reserves disk space for files that are written into the drop folder at the same time, so that together they never fill the disk. */
public final class DiskSpace {
    /** Kept free for PostgreSQL, receipts and logs. */
    private static final long KEPT_FREE_BYTES = 64 << 20;

    /** Reserved at once for an upload of unknown length. */
    private static final long GROWTH_BYTES = 16 << 20;

    private final FreeBytes freeBytes;

    /** Announced by running uploads and not written yet. */
    private final AtomicLong reservedBytes = new AtomicLong();

    /** The free space on the disk of the drop folder. */
    public interface FreeBytes {
        long get() throws IOException;
    }

    public DiskSpace(FreeBytes freeBytes) {
        this.freeBytes = freeBytes;
    }

    /** Whether a write failed because the disk is full. */
    boolean isFull(IOException failure) {
        try {
            // the message is in the language of the system
            return DiskFull.isSaidBy(Reason.of(failure)) || freeBytes.get() < DiskFull.LEAST_BYTES;
        } catch (IOException e) {
            return false; // the folder is missing
        }
    }

    /** Reserves space. Check {@link Allocation#shortage} afterwards. */
    public Allocation reserve(long bytes) throws IOException {
        return new Allocation(bytes);
    }

    /** The space for one upload. It shrinks as bytes are written; closing releases the rest. */
    public final class Allocation implements AutoCloseable {
        private @Nullable String shortage;
        private long remaining;

        private Allocation(long bytes) throws IOException {
            grow(bytes);
        }

        private void grow(long bytes) throws IOException {
            synchronized (reservedBytes) {
                // read first: bytes that are written in the meantime are then counted twice rather than not at all
                long others = reservedBytes.get();
                long free = Math.max(0, freeBytes.get() - KEPT_FREE_BYTES);
                if (bytes > free - others) {
                    shortage = "the disk of the drop folder has space for " + Math.max(0, free - others) + " ("
                            + free + " are free besides " + KEPT_FREE_BYTES
                            + " that are kept free, and running uploads still need "
                            + others + "): free some space there, or wait for the running uploads";
                    return;
                }
                remaining += bytes;
                reservedBytes.addAndGet(bytes);
            }
        }

        /** Why the space could not be reserved; null if it was. */
        public @Nullable String shortage() {
            return shortage;
        }

        /** Reserves more space if less than this is left, for an upload of unknown length. Check {@link #shortage} afterwards. */
        public void require(long bytes) throws IOException {
            if (remaining < bytes) {
                grow(Math.max(bytes, GROWTH_BYTES));
            }
        }

        public void written(long bytes) {
            long released = Math.min(bytes, remaining);
            remaining -= released;
            reservedBytes.addAndGet(-released);
        }

        @Override
        public void close() {
            written(remaining);
        }
    }
}
