package dev.imageferry.drop;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides which files have settled: their size, modification time and inode, and those of their sidecars, have not changed
 * for {@code imageferry.drop.settle}, as measured by this tracker. The modification time itself is not compared with the
 * clock, because {@code mv} and {@code rsync -a} keep old ones. Not thread-safe.
 */
public final class SettleTracker {
    private record Seen(Candidate candidate, long sinceNanos) {}

    private final Duration settle;
    private final Ticker ticker;
    private Map<String, Seen> seenByPath = new HashMap<>();

    /**
     * A tracker that has seen no files yet.
     *
     * @param settle zero: files settle when they are first seen
     */
    public SettleTracker(Duration settle, Ticker ticker) {
        if (settle.isNegative()) {
            throw new IllegalArgumentException("imageferry.drop.settle must not be negative, but is " + settle);
        }
        this.settle = settle;
        this.ticker = ticker;
    }

    /** Processes one scan, and forgets files that are not in it. */
    public Settling look(Collection<Candidate> candidates) {
        long now = ticker.nanos();
        Map<String, Seen> seenNow = new HashMap<>();
        List<DroppedFile> settled = new ArrayList<>();
        List<DroppedFile> settling = new ArrayList<>();
        for (Candidate candidate : candidates) {
            String path = candidate.file().path();
            Seen seen = seenByPath.get(path);
            if (seen == null || !seen.candidate().equals(candidate)) {
                seen = new Seen(candidate, now);
            }
            seenNow.put(path, seen);
            boolean unchangedLongEnough = now - seen.sinceNanos() >= settle.toNanos();
            (unchangedLongEnough ? settled : settling).add(candidate.file());
        }
        seenByPath = seenNow;
        return new Settling(settled, settling);
    }
}
