package dev.imageferry.daemon;

import dev.imageferry.family.PruneImages;
import dev.imageferry.job.Ticker;
import dev.imageferry.queue.DatabaseOutage;
import dev.imageferry.queue.FamilyImages;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Deletes the images that families do not keep: soon after a new one is available, and every ten minutes. */
@Singleton
final class FamilySchedule {
    private static final Duration PRUNE_EVERY = Duration.ofMinutes(10);

    private final FamilyBell bell;
    private final PruneImages pruneImages;
    private final Gates gates;
    private final Ticker ticker;
    private long lastNanos;

    FamilySchedule(FamilyBell bell, FamilyImages families, Composition.Parts parts) {
        this.bell = bell;
        this.gates = parts.gates();
        this.ticker = parts.ticker();
        this.pruneImages = new PruneImages(parts.linode(), families, parts.listener(), parts.gates(), parts.ticker());
        this.lastNanos = ticker.nanos();
    }

    void start(Schedule schedule) {
        bell.onRing(schedule.every(PRUNE_EVERY, "families", this::pruneIfDue));
    }

    /** Costs nothing unless the bell has rung or the time is up. */
    void pruneIfDue() throws InterruptedException {
        boolean timeIsUp = ticker.nanos() - lastNanos >= PRUNE_EVERY.toNanos();
        if (!bell.take() && !timeIsUp) {
            return;
        }
        lastNanos = ticker.nanos();
        try {
            pruneImages.run();
        } catch (RuntimeException e) {
            // the next run finds out what was done
            gates.close(Gate.DATABASE, DatabaseOutage.of(e).orElseThrow(() -> e));
        }
    }
}
