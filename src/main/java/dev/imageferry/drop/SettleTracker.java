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
 * Decides which files have settled: size, modification time and inode, and those of their sidecars, have not changed for
 * {@code settle} since this tracker first saw them so. What a modification time says is of no matter: {@code mv} and
 * {@code rsync -a} keep an old one, and clocks differ. Not safe for use by several threads.
 */
public final class SettleTracker {
    private record Seen(Candidate candidate, long sinceNanos) {}

    private final Duration settle;
    private final Ticker ticker;
    private Map<String, Seen> seenByPath = new HashMap<>();

    /**
     * Starts with nothing seen.
     *
     * @param settle zero means settled at the first look
     * @param ticker measures it
     */
    public SettleTracker(Duration settle, Ticker ticker) {
        if (settle.isNegative()) {
            throw new IllegalArgumentException("imageferry.drop.settle must not be negative, is " + settle);
        }
        this.settle = settle;
        this.ticker = ticker;
    }

    /** Takes in one scan, and forgets what is not in it. */
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
