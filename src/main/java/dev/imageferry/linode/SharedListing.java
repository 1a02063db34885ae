package dev.imageferry.linode;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Coalesces concurrent listings and limits their rate, because Linode allows 20 per minute. Each caller takes a ticket. A
 * listing answers the tickets that were taken before it started, so that no caller gets an outdated one.
 */
final class SharedListing {
    /** The listing, which runs on the thread of one of the callers. */
    @FunctionalInterface
    interface Listing {
        Answer<List<RemoteImage>> run() throws InterruptedException;
    }

    private record Result(long upToTicket, Answer<List<RemoteImage>> answer) {}

    private final Listing listing;
    private final Ticker ticker;
    private final int most;
    private final Duration window;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Long> startNanos = new ArrayDeque<>();
    private boolean running;
    private long lastTicket;
    private @Nullable Result latest;

    /** Starts at most {@code most} listings in any {@code window}. */
    SharedListing(Listing listing, Ticker ticker, int most, Duration window) {
        this.listing = listing;
        this.ticker = ticker;
        this.most = most;
        this.window = window;
    }

    Answer<List<RemoteImage>> get() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long ticket = ++lastTicket;
            while (true) {
                if (latest != null && latest.upToTicket() >= ticket) {
                    return latest.answer();
                }
                if (running) {
                    changed.await();
                    continue;
                }
                Duration pause = pauseBeforeNext();
                if (pause.isZero()) {
                    return runHere();
                }
                changed.awaitNanos(pause.toNanos());
            }
        } finally {
            lock.unlock();
        }
    }

    /** Called with the lock held. If this caller is interrupted, another one starts a new listing. */
    private Answer<List<RemoteImage>> runHere() throws InterruptedException {
        running = true;
        startNanos.addLast(ticker.nanos());
        long upTo = lastTicket;
        lock.unlock();
        @Nullable Answer<List<RemoteImage>> answer = null;
        try {
            answer = listing.run();
            return answer;
        } finally {
            lock.lock();
            running = false;
            if (answer != null) {
                latest = new Result(upTo, answer);
            }
            changed.signalAll();
        }
    }

    private Duration pauseBeforeNext() {
        long now = ticker.nanos();
        while (startNanos.size() >= most) {
            Duration age = Duration.ofNanos(now - startNanos.getFirst());
            if (age.compareTo(window) < 0) {
                return window.minus(age);
            }
            startNanos.removeFirst();
        }
        return Duration.ZERO;
    }
}
