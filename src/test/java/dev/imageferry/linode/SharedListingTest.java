package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.SettableClock;
import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SharedListingTest {
    private static Answer<List<RemoteImage>> numbered(int number) {
        return new Answer.Ok<>(List.of(new RemoteImage("private/" + number, null, null, null, null, false)));
    }

    /** Each listing waits for a signal of the test. */
    static final class Slow implements SharedListing.Listing {
        final AtomicInteger begun = new AtomicInteger();
        final BlockingQueue<Integer> begins = new LinkedBlockingQueue<>();
        final BlockingQueue<Boolean> mayEnd = new LinkedBlockingQueue<>();

        @Override
        public Answer<List<RemoteImage>> run(Runnable beforeCall) throws InterruptedException {
            beforeCall.run();
            int number = begun.incrementAndGet();
            begins.add(number);
            mayEnd.take();
            return numbered(number);
        }

        void awaitBegin(int number) throws InterruptedException {
            assertThat(begins.poll(20, TimeUnit.SECONDS)).isEqualTo(number);
        }
    }

    /** A caller on a new thread. */
    static final class Caller {
        final CompletableFuture<Answer<List<RemoteImage>>> result = new CompletableFuture<>();
        final Thread thread;

        Caller(SharedListing listing) {
            thread = Thread.ofPlatform().start(() -> {
                try {
                    result.complete(listing.get());
                } catch (InterruptedException e) {
                    result.completeExceptionally(e);
                    Thread.currentThread().interrupt();
                }
            });
        }

        Caller waiting() {
            long limit = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
                assertThat(System.nanoTime()).isLessThan(limit);
                Thread.onSpinWait();
            }
            return this;
        }

        Answer<List<RemoteImage>> answer() throws Exception {
            return result.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void waiting_callers_share_one_listing_that_starts_after_their_calls() throws Exception {
        Slow slow = new Slow();
        SharedListing listing = new SharedListing(slow, Ticker.SYSTEM, 100, Duration.ofMinutes(1));
        Caller first = new Caller(listing);
        slow.awaitBegin(1);
        List<Caller> late = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            late.add(new Caller(listing).waiting());
        }

        slow.mayEnd.add(true);
        slow.awaitBegin(2);
        slow.mayEnd.add(true);

        assertThat(first.answer()).isEqualTo(numbered(1));
        for (Caller caller : late) {
            assertThat(caller.answer()).isEqualTo(numbered(2));
        }
        assertThat(slow.begun).hasValue(2);
    }

    @Test
    void starts_no_more_listings_than_allowed() throws Exception {
        Duration window = Duration.ofMillis(700);
        List<Long> begins = new ArrayList<>();
        SharedListing listing = new SharedListing(
                beforeCall -> {
                    beforeCall.run();
                    begins.add(Ticker.SYSTEM.nanos());
                    return numbered(begins.size());
                },
                Ticker.SYSTEM,
                3,
                window);

        for (int i = 1; i <= 7; i++) {
            assertThat(listing.get()).isEqualTo(numbered(i));
        }

        for (int i = 3; i < begins.size(); i++) {
            // recorded just before it starts, so that a few milliseconds can be missing
            assertThat(Duration.ofNanos(begins.get(i) - begins.get(i - 3))).isGreaterThan(window.minusMillis(100));
        }
    }

    @Test
    void another_caller_takes_over_when_the_listing_one_is_interrupted() throws Exception {
        Slow slow = new Slow();
        SharedListing listing = new SharedListing(slow, Ticker.SYSTEM, 100, Duration.ofMinutes(1));
        Caller first = new Caller(listing);
        slow.awaitBegin(1);
        Caller second = new Caller(listing).waiting();

        first.thread.interrupt();
        slow.awaitBegin(2);
        slow.mayEnd.add(true);

        assertThatThrownBy(first::answer).hasCauseInstanceOf(InterruptedException.class);
        assertThat(second.answer()).isEqualTo(numbered(2));
    }

    @Test
    void a_bug_in_a_listing_does_not_block_the_next() throws Exception {
        CountDownLatch once = new CountDownLatch(1);
        SharedListing listing = new SharedListing(
                beforeCall -> {
                    if (once.getCount() > 0) {
                        once.countDown();
                        throw new IllegalStateException("bug");
                    }
                    return numbered(2);
                },
                Ticker.SYSTEM,
                100,
                Duration.ofMinutes(1));

        assertThatThrownBy(listing::get).hasMessage("bug");
        assertThat(listing.get()).isEqualTo(numbered(2));
    }

    @Test
    void recent_listings_are_reused_as_long_as_their_calls_allow() throws Exception {
        SettableClock clock = new SettableClock();
        AtomicInteger begun = new AtomicInteger();
        SharedListing listing = new SharedListing(
                beforeCall -> {
                    beforeCall.run();
                    beforeCall.run();
                    return numbered(begun.incrementAndGet());
                },
                clock,
                5,
                Duration.ofMinutes(1));

        assertThat(recent(listing)).isEqualTo("1 after 0");
        clock.advance(Duration.ofSeconds(11));
        assertThat(recent(listing)).isEqualTo("1 after 11");
        clock.advance(Duration.ofSeconds(1));
        assertThat(recent(listing)).isEqualTo("2 after 0");
        clock.advance(Duration.ofSeconds(12));
        assertThat(recent(listing)).as("a third listing would be call 6 of 5").isEmpty();
        clock.advance(Duration.ofSeconds(36));
        assertThat(recent(listing)).isEqualTo("3 after 0");
    }

    /** The number of the listing and its age in seconds; empty if there is none. */
    private static String recent(SharedListing listing) throws InterruptedException {
        return listing.recent(Duration.ofSeconds(6), Duration.ofSeconds(24))
                .map(recent -> ((Answer.Ok<List<RemoteImage>>) recent.answer())
                                .value()
                                .getFirst()
                                .id()
                                .substring("private/".length())
                        + " after " + recent.age().toSeconds())
                .orElse("");
    }
}
