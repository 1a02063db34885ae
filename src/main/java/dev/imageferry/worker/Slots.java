package dev.imageferry.worker;

import dev.imageferry.queue.Lane;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Counts the free slots of each lane. Thread-safe. */
public final class Slots {
    private final Map<Lane, Integer> free;
    private final Set<Lane> backlogged = EnumSet.noneOf(Lane.class);
    private boolean closed;

    /**
     * Creates the slots.
     *
     * @param slots the number of runs of each lane at the same time
     */
    public Slots(Map<Lane, Integer> slots) {
        this.free = new EnumMap<>(slots);
    }

    /**
     * Takes all free slots of a lane.
     *
     * @return their number; 0 after {@link #close}
     */
    synchronized int takeAll(Lane lane) {
        // until a claim has shown that nothing more is due, the next free slot is for another claim
        backlogged.add(lane);
        if (closed) {
            return 0;
        }
        int taken = free.getOrDefault(lane, 0);
        free.put(lane, 0);
        return taken;
    }

    /** Takes a slot for a job that this instance already holds. */
    synchronized boolean take(Lane lane) {
        int left = free.getOrDefault(lane, 0);
        if (closed || left == 0) {
            return false;
        }
        free.put(lane, left - 1);
        return true;
    }

    /** As {@link #take}, but only if no other job of the lane is known to be due. */
    synchronized boolean takeIfNoneWait(Lane lane) {
        return !backlogged.contains(lane) && take(lane);
    }

    /** Notes that a job of the lane is due. */
    synchronized void due(Lane lane) {
        backlogged.add(lane);
    }

    /** Returns the slots for which no job was due. */
    synchronized void returnUnused(Lane lane, int slots) {
        free.merge(lane, slots, Integer::sum);
        backlogged.remove(lane);
    }

    /**
     * Frees the slot of a run.
     *
     * @return whether more jobs of the lane may be due
     */
    synchronized boolean release(Lane lane) {
        free.merge(lane, 1, Integer::sum);
        return backlogged.contains(lane);
    }

    /** Gives out no more slots. */
    synchronized void close() {
        closed = true;
    }

    synchronized boolean isClosed() {
        return closed;
    }
}
