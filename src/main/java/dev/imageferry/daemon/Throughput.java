package dev.imageferry.daemon;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** A ring of the bytes that all instances have sent in each of the last two minutes' seconds. */
final class Throughput {
    static final int SECONDS = 120;

    /** Instances write their progress once a second, so single seconds are uneven. */
    private static final int SMOOTH = 3;

    private final long[] ring = new long[SECONDS];
    private Map<UUID, Long> before = Map.of();
    private long second;
    private boolean started;

    /**
     * Adds what was sent since the last call. After a longer pause, it is spread over the seconds of the pause.
     *
     * @param nanos a monotonic time
     * @param sent the bytes sent by each job that is being uploaded or has just been uploaded
     */
    synchronized void record(long nanos, Map<UUID, Long> sent) {
        long now = TimeUnit.NANOSECONDS.toSeconds(nanos);
        if (started) {
            int passed = Math.clamp(now - second, 0, SECONDS);
            long bytes = newBytes(sent);
            if (passed == 0) {
                ring[slot(now)] += bytes;
            }
            for (int back = 0; back < passed; back++) {
                ring[slot(now - back)] = bytes / passed;
            }
        }
        started = true;
        second = now;
        before = Map.copyOf(sent);
    }

    private long newBytes(Map<UUID, Long> sent) {
        return sent.entrySet().stream()
                .mapToLong(job -> {
                    long earlier = before.getOrDefault(job.getKey(), 0L);
                    // a PUT that is repeated starts at zero
                    return job.getValue() < earlier ? job.getValue() : job.getValue() - earlier;
                })
                .sum();
    }

    private static int slot(long second) {
        return Math.floorMod(second, SECONDS);
    }

    /** Returns the bytes of each second, oldest first. */
    synchronized List<Long> lastSeconds() {
        List<Long> seconds = new ArrayList<>(SECONDS);
        for (int back = SECONDS - 1; back >= 0; back--) {
            seconds.add(ring[slot(second - back)]);
        }
        return seconds;
    }

    /** Returns the current rate, averaged over a few seconds. */
    synchronized long bytesPerSecond() {
        long sum = 0;
        for (int back = 0; back < SMOOTH; back++) {
            sum += ring[slot(second - back)];
        }
        return sum / SMOOTH;
    }
}
