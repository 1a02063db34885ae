package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SharedPollsTest {
    private static final String ID = "private/1";
    private static final RemoteImage LISTED = image("creating");
    private static final RemoteImage FETCHED = image("available");

    private final SettableClock clock = new SettableClock();
    private final AtomicInteger fetched = new AtomicInteger();
    private Answer<List<RemoteImage>> listed = new Answer.Ok<>(List.of(LISTED));
    private final SharedPolls polls = new SharedPolls(
            new SharedListing(
                    beforeCall -> {
                        beforeCall.run();
                        return listed;
                    },
                    clock,
                    15,
                    Duration.ofMinutes(1)),
            clock);

    private static RemoteImage image(String status) {
        return new RemoteImage(ID, null, status, null, null, false);
    }

    private Polled poll(String id, boolean decides) throws InterruptedException {
        return polls.poll(id, image -> decides, () -> {
            fetched.incrementAndGet();
            return new Answer.Ok<>(FETCHED);
        });
    }

    @BeforeEach
    void use_up_the_single_polls_of_a_minute() throws InterruptedException {
        for (int poll = 0; poll < 800; poll++) {
            assertThat(poll(ID, true)).isEqualTo(new Polled(new Answer.Ok<>(FETCHED), Duration.ZERO));
        }
        fetched.set(0);
    }

    @Test
    void further_polls_are_answered_from_a_listing_with_its_age() throws InterruptedException {
        assertThat(poll(ID, true)).isEqualTo(new Polled(new Answer.Ok<>(LISTED), Duration.ZERO));
        clock.advance(Duration.ofSeconds(5));
        assertThat(poll(ID, true)).isEqualTo(new Polled(new Answer.Ok<>(LISTED), Duration.ofSeconds(5)));
        assertThat(fetched).hasValue(0);
    }

    @Test
    void an_image_is_fetched_if_the_listing_lacks_it() throws InterruptedException {
        assertThat(poll("private/2", true).answer()).isEqualTo(new Answer.Ok<>(FETCHED));
        assertThat(fetched).hasValue(1);
    }

    @Test
    void an_image_is_fetched_if_its_entry_does_not_decide() throws InterruptedException {
        assertThat(poll(ID, false).answer()).isEqualTo(new Answer.Ok<>(FETCHED));
        assertThat(fetched).hasValue(1);
    }

    @Test
    void an_image_is_fetched_if_the_listing_is_refused() throws InterruptedException {
        listed = new Answer.Refused<>(new Problem(ErrorCode.LINODE_ERROR, "incomplete"), false, Cause.SERVER);

        assertThat(poll(ID, true).answer()).isEqualTo(new Answer.Ok<>(FETCHED));
        assertThat(fetched).hasValue(1);
    }

    @Test
    void polls_are_single_again_after_a_minute() throws InterruptedException {
        clock.advance(Duration.ofMinutes(1));

        assertThat(poll(ID, true).answer()).isEqualTo(new Answer.Ok<>(FETCHED));
    }
}
