package dev.imageferry.log;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A copy of an exception for logging, with escaped messages and the same stack trace, causes and suppressed exceptions. */
final class SafeThrowable extends Throwable {
    private static final long serialVersionUID = 1L;

    private final String description;

    private SafeThrowable(Throwable original, IdentityHashMap<Throwable, SafeThrowable> copies) {
        super(LogText.of(String.valueOf(original.getMessage())));
        this.description = LogText.of(original.toString());
        copies.put(original, this);
        setStackTrace(original.getStackTrace());
        Throwable cause = original.getCause();
        if (cause != null) {
            initCause(copy(cause, copies));
        }
        for (Throwable suppressed : original.getSuppressed()) {
            addSuppressed(copy(suppressed, copies));
        }
    }

    private static SafeThrowable copy(Throwable original, IdentityHashMap<Throwable, SafeThrowable> copies) {
        SafeThrowable known = copies.get(original);
        return known == null ? new SafeThrowable(original, copies) : known;
    }

    /** Returns the exception itself if nothing needs escaping. */
    static Throwable of(Throwable original) {
        return isSafe(original, Collections.newSetFromMap(new IdentityHashMap<>()))
                ? original
                : new SafeThrowable(original, new IdentityHashMap<>());
    }

    private static boolean isSafe(@Nullable Throwable thrown, Set<Throwable> seen) {
        return thrown == null
                || !seen.add(thrown)
                || (LogText.isSafe(thrown.toString())
                        && isSafe(thrown.getCause(), seen)
                        && Arrays.stream(thrown.getSuppressed()).allMatch(suppressed -> isSafe(suppressed, seen)));
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this; // the constructor sets that of the original
    }

    @Override
    @SuppressWarnings("OverrideThrowableToString") // shows the class of the original
    public String toString() {
        return description;
    }
}
