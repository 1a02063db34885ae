package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WrongTokensTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000); // overflows soon, as nanoTime may
    private final WrongTokens wrongTokens = new WrongTokens(nanos::get);

    @Test
    void an_address_may_be_wrong_a_few_times_and_then_has_to_wait() {
        assertThat(triesOf("10.0.0.1", 300)).isEqualTo(WrongTokens.AT_ONCE);

        assertThat(wrongTokens.delay("10.0.0.1")).contains(WrongTokens.EACH);
        pass(WrongTokens.EACH.minusMillis(1));
        assertThat(wrongTokens.delay("10.0.0.1")).contains(Duration.ofSeconds(1));
        pass(Duration.ofMillis(1));
        assertThat(triesOf("10.0.0.1", 300)).isEqualTo(1);
    }

    @Test
    void an_address_that_was_quiet_for_long_may_be_wrong_as_often_as_a_new_one() {
        triesOf("10.0.0.1", 300);

        pass(WrongTokens.EACH.multipliedBy(WrongTokens.AT_ONCE));

        assertThat(triesOf("10.0.0.1", 300)).isEqualTo(WrongTokens.AT_ONCE);
    }

    @Test
    void many_addresses_together_are_held_up_and_one_that_was_never_wrong_is_not() {
        int tried = 0;
        for (int i = 0; i < 100; i++) {
            tried += triesOf("10.0.1." + i, 300);
        }

        // over the limit of all, each address is listened to once
        assertThat(tried).isLessThanOrEqualTo(WrongTokens.AT_ONCE_OF_ALL + 100);
        assertThat(wrongTokens.delay("10.0.1.0")).isPresent();
        assertThat(wrongTokens.delay("10.9.9.9")).isEmpty();
    }

    @Test
    void remembers_a_bounded_number_of_addresses() {
        for (int i = 0; i < 3 * WrongTokens.MOST_ADDRESSES; i++) {
            wrongTokens.count("address " + i);
        }

        assertThat(wrongTokens.size()).isEqualTo(WrongTokens.MOST_ADDRESSES);
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.1,10.0.0.1,true",
        "10.0.0.1,10.0.0.2,false",
        "2001:db8::1,2001:db8::ffff:1,true",
        "2001:db8::1,2001:db8:0:1::1,false"
    })
    void one_host_of_ipv6_is_one_address_whatever_its_interface_identifier(String one, String other, boolean same) {
        assertThat(WrongTokens.key(SocketAddress.inetSocketAddress(1, one))
                        .equals(WrongTokens.key(SocketAddress.inetSocketAddress(2, other))))
                .isEqualTo(same);
    }

    /** How many of so many wrong tokens are looked at. */
    private int triesOf(String address, int tokens) {
        int tried = 0;
        for (int i = 0; i < tokens; i++) {
            if (wrongTokens.delay(address).isEmpty()) {
                wrongTokens.count(address);
                tried++;
            }
        }
        return tried;
    }

    private void pass(Duration duration) {
        nanos.addAndGet(duration.toNanos());
    }
}
