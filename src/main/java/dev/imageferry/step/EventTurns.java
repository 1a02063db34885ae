package dev.imageferry.step;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Shares the calls for events among all images that wait, because Linode allows 200 lists per minute. With up to 50 images, each
 * poll can read the events; with 1,000, each image has its turn every ten minutes.
 */
public final class EventTurns {
    /** Half of what Linode allows. */
    static final int CALLS_PER_MINUTE = 100;

    private static final Duration MINUTE = Duration.ofMinutes(1);
    /** A job that has not asked for so long no longer waits. */
    private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(2);

    private final Ticker ticker;
    /** The jobs that wait, the one that has not asked for the longest time first. */
    private final Map<UUID, Asked> jobs = new LinkedHashMap<>();

    private final Deque<Long> turnNanos = new ArrayDeque<>();

    private record Asked(long atNanos, @Nullable Long turnNanosOrNull) {}

    public EventTurns(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Whether the events of the job may be read now. */
    synchronized boolean take(UUID job) {
        long now = ticker.nanos();
        Asked before = jobs.remove(job);
        Long lastTurn = before == null ? null : before.turnNanosOrNull();
        jobs.put(job, new Asked(now, lastTurn));
        forget(now);
        boolean early = lastTurn != null && now - lastTurn < MINUTE.toNanos() / CALLS_PER_MINUTE * jobs.size();
        if (early || turnNanos.size() >= CALLS_PER_MINUTE) {
            return false;
        }
        turnNanos.addLast(now);
        jobs.put(job, new Asked(now, now));
        return true;
    }

    private void forget(long now) {
        Iterator<Asked> oldest = jobs.values().iterator();
        while (oldest.hasNext() && now - oldest.next().atNanos() >= FORGOTTEN_AFTER.toNanos()) {
            oldest.remove();
        }
        while (!turnNanos.isEmpty() && now - turnNanos.getFirst() >= MINUTE.toNanos()) {
            turnNanos.removeFirst();
        }
    }
}
