package dev.imageferry.step;

import dev.imageferry.job.Job;
import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * How long something that a row dates has lasted. The row is believed once, when this process first asks; from then on the
 * process's own ticker counts, because the database's clock may be set while a job waits.
 */
public final class Elapsed {
    private static final int MOST = 10_000;

    private record Fact(UUID job, Instant since) {}

    private final Ticker ticker;
    private final Map<Fact, Long> beganNanos = new LinkedHashMap<>(16, 0.75f, true);

    public Elapsed(Ticker ticker) {
        this.ticker = ticker;
    }

    /** How long it is since {@code since}, an instant of the database's clock in the job's row. */
    public synchronized Duration since(Job job, Instant since) {
        long now = ticker.nanos();
        long began = beganNanos.computeIfAbsent(new Fact(job.id(), since), fact -> {
            long byRow = Duration.between(since, job.updatedAt()).toNanos();
            return now - Math.max(0, byRow);
        });
        if (beganNanos.size() > MOST) {
            beganNanos.remove(beganNanos.keySet().iterator().next()); // the one not asked for longest
        }
        return Duration.ofNanos(now - began);
    }
}
