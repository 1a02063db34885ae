package dev.imageferry.daemon;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Returns the memory of the start and of a busy time to the system. The heap shrinks only with a full collection, and a daemon with
 * nothing to do would never need one. Not thread-safe.
 */
final class IdleMemory {
    static final Duration LOOK_EVERY = Duration.ofSeconds(30);

    private static final String LEAST_FREE = "MinHeapFreeRatio";
    private static final String MOST_FREE = "MaxHeapFreeRatio";
    private static final Logger LOG = Logger.getLogger(IdleMemory.class);

    private final LongSupplier heapBytes;
    private final Runnable release;
    private boolean wasIdle;

    /** The heap after the last release, which cannot shrink further; 0 before the first. */
    private long shrunkBytes;

    /**
     * Does nothing yet.
     *
     * @param heapBytes the memory that the heap has from the system
     * @param release a full collection, after which the system gets what is free
     */
    IdleMemory(LongSupplier heapBytes, Runnable release) {
        this.heapBytes = heapBytes;
        this.release = release;
    }

    /** The memory of this process. */
    static IdleMemory ofThisProcess() {
        HotSpotDiagnosticMXBean java = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        Optional<MethodHandle> trim = mallocTrim();
        return new IdleMemory(Runtime.getRuntime()::totalMemory, () -> {
            keepLittleFree(java);
            System.gc();
            trim.ifPresent(IdleMemory::call);
        });
    }

    /**
     * Releases memory once the daemon was idle at two looks in a row: the first time, and when the heap has grown by half since the
     * last time.
     *
     * @param idle whether no job runs, so that a pause disturbs nobody
     */
    void look(boolean idle) {
        long before = heapBytes.getAsLong();
        if (idle && wasIdle && before > shrunkBytes + shrunkBytes / 2) {
            release.run();
            shrunkBytes = heapBytes.getAsLong();
            LOG.debugf("heap shrunk from=%d to=%d", before, shrunkBytes);
        }
        wasIdle = idle;
    }

    /** Java leaves up to 70 % of the heap free after a collection. Options of the command line stay. */
    private static void keepLittleFree(HotSpotDiagnosticMXBean java) {
        if (isDefault(java, LEAST_FREE) && isDefault(java, MOST_FREE)) {
            java.setVMOption(LEAST_FREE, "10");
            java.setVMOption(MOST_FREE, "30");
        }
    }

    private static boolean isDefault(HotSpotDiagnosticMXBean java, String option) {
        return java.getVMOption(option).getOrigin() == VMOption.Origin.DEFAULT;
    }

    /** malloc_trim(3) of glibc, which keeps what Java's compiler has freed; empty with another C library. */
    @SuppressWarnings("restricted") // the manifest enables native access
    private static Optional<MethodHandle> mallocTrim() {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find("malloc_trim")
                .map(found -> linker.downcallHandle(
                        found, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG)));
    }

    private static void call(MethodHandle mallocTrim) {
        try {
            boolean wasReleased = (int) mallocTrim.invokeExact(0L) == 1;
            LOG.debugf("malloc_trim released=%b", wasReleased);
        } catch (Throwable e) {
            throw new IllegalStateException("malloc_trim cannot fail", e);
        }
    }
}
