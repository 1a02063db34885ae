package dev.imageferry.linode;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Keeps the latest listing of the regions. Concurrent callers share one listing. */
final class SharedRegions {
    /** Pause before the next listing after a failed one, and after one that a refusal has made outdated. */
    private static final Duration PAUSE = Duration.ofMinutes(1);

    /** The listing, which runs on the thread of one of the callers. */
    @FunctionalInterface
    interface Listing {
        Answer<List<Region>> run() throws InterruptedException;
    }

    private record Listed(long startNanos, Answer<List<Region>> answer) {}

    private final Listing listing;
    private final Ticker ticker;

    /** Held during a listing, so that other callers wait for it. */
    private final ReentrantLock lock = new ReentrantLock();

    private @Nullable Listed latest;
    private volatile @Nullable Long refusedNanos;

    SharedRegions(Listing listing, Ticker ticker) {
        this.listing = listing;
        this.ticker = ticker;
    }

    /** Notes that Linode has refused a region, which can contradict the latest listing. */
    void outdated() {
        refusedNanos = ticker.nanos();
    }

    /** Returns the latest listing if it is younger than {@code mostAge} and not outdated, otherwise starts one. */
    Answer<List<Region>> get(Duration mostAge) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            Listed known = latest;
            if (known == null || ageOf(known).compareTo(mayBe(known, mostAge)) >= 0) {
                long start = ticker.nanos();
                known = new Listed(start, listing.run());
                latest = known;
            }
            return known.answer();
        } finally {
            lock.unlock();
        }
    }

    private Duration ageOf(Listed known) {
        return Duration.ofNanos(ticker.nanos() - known.startNanos());
    }

    private Duration mayBe(Listed known, Duration mostAge) {
        Long refused = refusedNanos;
        boolean outdated = refused != null && refused - known.startNanos() >= 0;
        return outdated || !(known.answer() instanceof Answer.Ok<List<Region>>) ? PAUSE : mostAge;
    }
}
