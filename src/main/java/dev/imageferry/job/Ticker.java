package dev.imageferry.job;

/** A monotonic clock for measuring durations; the wall clock is only for showing. */
@FunctionalInterface
public interface Ticker {
    /** The system's monotonic clock. */
    Ticker SYSTEM = System::nanoTime;

    /** Nanoseconds since an arbitrary origin, as {@link System#nanoTime()}. */
    long nanos();
}
