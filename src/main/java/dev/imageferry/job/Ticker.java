package dev.imageferry.job;

/** A monotonic clock for measuring durations. The wall clock is used only for timestamps. */
@FunctionalInterface
public interface Ticker {
    /** The system's monotonic clock. */
    Ticker SYSTEM = System::nanoTime;

    /** Nanoseconds since an arbitrary origin, as {@link System#nanoTime()}. */
    long nanos();
}
