package dev.imageferry.daemon;

import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.Ignored;
import dev.imageferry.drop.Sighting;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.Ticker;
import dev.imageferry.queue.Offers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Finds files that have grown since they were moved to {@code failed/}, which were unfinished copies and not bad files. Not
 * thread-safe.
 */
final class GrownFiles {
    private static final Logger LOG = Logger.getLogger(GrownFiles.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(30);
    private static final int MAX_JOBS = 100;

    private final DropFolder folder;
    private final Offers offers;
    private final Ticker ticker;
    private Set<String> warned = new HashSet<>();
    private List<Ignored> found = List.of();
    private long nextLookNanos;

    GrownFiles(DropFolder folder, Offers offers, Ticker ticker) {
        this.folder = folder;
        this.offers = offers;
        this.ticker = ticker;
        this.nextLookNanos = ticker.nanos();
    }

    /** The grown files, each with a reason that says what to do. Checked twice a minute. */
    List<Ignored> look() {
        if (ticker.nanos() - nextLookNanos < 0) {
            return found;
        }
        nextLookNanos = ticker.nanos() + LOOK_EVERY.toNanos();
        List<Ignored> grown = new ArrayList<>();
        Set<String> warnedNow = new HashSet<>();
        for (Job job : offers.lately(folder.id(), MAX_JOBS)) {
            String path = "failed/" + Objects.requireNonNull(job.archiveNameOrNull());
            if (folder.look(path) instanceof Sighting.Present(FileFingerprint now)
                    && now.inode() == job.fingerprint().inode()
                    && now.bytes() > job.fingerprint().bytes()) {
                String reason = "has grown from " + job.fingerprint().bytes() + " to " + now.bytes()
                        + " bytes since it was moved here as " + job.state()
                        + ", because its copy continued. Move it back into the drop folder when it is complete";
                grown.add(new Ignored(path, now.bytes(), reason));
                warnedNow.add(path);
                if (!warned.contains(path)) {
                    LOG.warnf("job=%s file=%s %s", job.id(), path, reason);
                }
            }
        }
        warned = warnedNow;
        found = List.copyOf(grown);
        return found;
    }
}
