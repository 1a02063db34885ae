package dev.imageferry.worker;

import dev.imageferry.queue.Lane;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Tells the dispatcher in which lanes a job can be due, now or at a later time. Thread-safe. */
final class Bells {
    private final Set<Lane> rung = EnumSet.noneOf(Lane.class);
    private final Queue<Later> later = new PriorityQueue<>();
    private long limitReached = System.nanoTime();

    private record Later(long atNanos, Lane lane) implements Comparable<Later> {
        @Override
        public int compareTo(Later other) {
            return Long.signum(atNanos - other.atNanos); // the clock may overflow
        }
    }

    synchronized void ring(Set<Lane> lanes) {
        rung.addAll(lanes);
        notifyAll();
    }

    /** Rings when the pause is over. */
    synchronized void ringAfter(Duration pause, Lane lane) {
        later.add(new Later(System.nanoTime() + pause.toNanos(), lane));
        notifyAll();
    }

    /**
     * Waits until a lane is rung.
     *
     * @param limit the time since the limit was last reached
     * @return the lanes; empty if the limit is reached
     */
    synchronized Optional<Set<Lane>> await(Duration limit) throws InterruptedException {
        long end = limitReached + limit.toNanos();
        while (true) {
            long now = System.nanoTime();
            ringDue(now);
            if (now - end >= 0) {
                limitReached = now;
                return Optional.empty(); // lanes that are rung follow with the next call
            }
            if (!rung.isEmpty()) {
                return Optional.of(taken());
            }
            Later next = later.peek();
            long until = next != null && next.atNanos() - end < 0 ? next.atNanos() : end;
            TimeUnit.NANOSECONDS.timedWait(this, until - now + TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private void ringDue(long now) {
        while (true) {
            Later next = later.peek();
            if (next == null || next.atNanos() - now > 0) {
                return;
            }
            later.remove();
            rung.add(next.lane());
        }
    }

    private Set<Lane> taken() {
        Set<Lane> lanes = EnumSet.copyOf(rung);
        rung.clear();
        return lanes;
    }
}
