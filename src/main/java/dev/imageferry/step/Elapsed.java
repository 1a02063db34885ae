package dev.imageferry.step;

import dev.imageferry.job.Job;
import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Measures the time since an instant in a job's row. The row is read once, then the monotonic clock of this process counts,
 * because the clock of the database may be changed while a job waits.
 */
public final class Elapsed {
    private static final int MAX_FACTS = 10_000;

    private record Fact(UUID job, Instant since) {}

    private final Ticker ticker;
    private final Map<Fact, Long> beganNanos = new LinkedHashMap<>(16, 0.75f, true);

    public Elapsed(Ticker ticker) {
        this.ticker = ticker;
    }

    /** The time elapsed since {@code since}, an instant of the database's clock in the job's row. */
    public synchronized Duration since(Job job, Instant since) {
        long now = ticker.nanos();
        long began = beganNanos.computeIfAbsent(new Fact(job.id(), since), fact -> {
            long byRow = Duration.between(since, job.updatedAt()).toNanos();
            return now - Math.max(0, byRow);
        });
        if (beganNanos.size() > MAX_FACTS) {
            beganNanos.remove(beganNanos.keySet().iterator().next()); // the least recently used
        }
        return Duration.ofNanos(now - began);
    }
}
