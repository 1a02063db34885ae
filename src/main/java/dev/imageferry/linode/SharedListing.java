package dev.imageferry.linode;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Coalesces concurrent listings and limits the rate of their calls, one for each page, because Linode allows 20 per minute. Each
 * caller takes a ticket. A listing answers the tickets that were taken before it started, so that no caller gets an outdated one.
 */
final class SharedListing {
    /** The listing, which runs on the thread of one of the callers. */
    @FunctionalInterface
    interface Listing {
        /**
         * Lists the images.
         *
         * @param beforeCall to run before each call
         */
        Answer<List<RemoteImage>> run(Runnable beforeCall) throws InterruptedException;
    }

    /**
     * A listing that has ended.
     *
     * @param age the time since it started
     */
    record Recent(Answer<List<RemoteImage>> answer, Duration age) {}

    private record Result(long upToTicket, long startNanos, int calls, Answer<List<RemoteImage>> answer) {}

    private final Listing listing;
    private final Ticker ticker;
    private final int most;
    private final Duration window;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Long> callNanos = new ArrayDeque<>();
    private boolean running;
    private long lastTicket;
    private @Nullable Result latest;

    /** Makes at most {@code most} calls in any {@code window}, or more if a single listing needs more. */
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
                    return runHere().answer();
                }
                changed.awaitNanos(pause.toNanos());
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the latest listing, or starts one if that is older than {@code perCall} for each of its calls or than {@code mostAge}.
     * Empty if the limit does not allow that now.
     */
    Optional<Recent> recent(Duration perCall, Duration mostAge) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                Result known = latest;
                if (known != null) {
                    Duration age = Duration.ofNanos(ticker.nanos() - known.startNanos());
                    if (age.compareTo(perCall.multipliedBy(known.calls())) < 0 && age.compareTo(mostAge) < 0) {
                        return Optional.of(new Recent(known.answer(), age));
                    }
                }
                if (!running) {
                    if (!pauseBeforeNext().isZero()) {
                        return Optional.empty();
                    }
                    Result listed = runHere();
                    return Optional.of(
                            new Recent(listed.answer(), Duration.ofNanos(ticker.nanos() - listed.startNanos())));
                }
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Called with the lock held. If this caller is interrupted, another one starts a new listing. */
    private Result runHere() throws InterruptedException {
        running = true;
        long upTo = lastTicket;
        long start = ticker.nanos();
        AtomicInteger calls = new AtomicInteger();
        lock.unlock();
        @Nullable Result result = null;
        try {
            Answer<List<RemoteImage>> answer = listing.run(() -> {
                calls.incrementAndGet();
                noteCall();
            });
            result = new Result(upTo, start, Math.max(1, calls.get()), answer);
            return result;
        } finally {
            lock.lock();
            running = false;
            if (result != null) {
                latest = result;
            }
            changed.signalAll();
        }
    }

    private void noteCall() {
        lock.lock();
        try {
            callNanos.addLast(ticker.nanos());
        } finally {
            lock.unlock();
        }
    }

    /** The next listing is expected to need as many calls as the latest one. */
    private Duration pauseBeforeNext() {
        int expected = latest == null ? 1 : latest.calls();
        long now = ticker.nanos();
        while (!callNanos.isEmpty() && callNanos.size() + expected > most) {
            Duration age = Duration.ofNanos(now - callNanos.getFirst());
            if (age.compareTo(window) < 0) {
                return window.minus(age);
            }
            callNanos.removeFirst();
        }
        return Duration.ZERO;
    }
}
