package dev.imageferry.simulator;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The one monitor that guards the simulated state, and the way to wait for a change of it. */
final class Changes {
    private long version;
    private Runnable save = () -> {};

    /** Runs the action after each change of an image or an event, before anybody can see the change. */
    synchronized void onAccountChange(Runnable action) {
        save = action;
    }

    /** An image or an event changed. */
    synchronized void accountChanged() {
        save.run();
        happened();
    }

    /** Something changed: who waits looks again. */
    synchronized void happened() {
        version++;
        notifyAll();
    }

    private synchronized long version() {
        return version;
    }

    /**
     * Returns when the condition holds. It is looked at without holding the monitor, after each change.
     *
     * @throws AssertionError when it does not hold in time; it says what there is instead
     * @throws IllegalStateException when interrupted; the interruption is restored
     */
    void await(BooleanSupplier condition, Duration limit, Supplier<String> state) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            long seen = version();
            if (condition.getAsBoolean()) {
                return;
            }
            if (!changedSince(seen, deadline)) {
                throw new AssertionError("not within " + limit + "; there is: " + state.get());
            }
        }
    }

    private synchronized boolean changedSince(long seen, long deadline) {
        while (true) {
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                return false; // also after a change: looking may cause one each time
            }
            if (version != seen) {
                return true;
            }
            try {
                wait(millis);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for the simulator", interrupted);
            }
        }
    }
}
