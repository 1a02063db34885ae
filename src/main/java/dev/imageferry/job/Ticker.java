package dev.imageferry.job;

/** Measures durations. Unlike the wall clock it is never set, so only differences between its values mean anything. */
@FunctionalInterface
public interface Ticker {
    /** The process's own ticker. */
    Ticker SYSTEM = System::nanoTime;

    /** Nanoseconds from an arbitrary origin. */
    long nanos();
}
