package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WrongTokensTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000); // overflows soon, as System.nanoTime() can
    private final WrongTokens wrongTokens = new WrongTokens(nanos::get);

    @Test
    void throttles_an_address_after_a_burst() {
        assertThat(attempts("10.0.0.1", 300)).isEqualTo(WrongTokens.BURST);

        assertThat(wrongTokens.delay("10.0.0.1")).contains(WrongTokens.INTERVAL);
        pass(WrongTokens.INTERVAL.minusMillis(1));
        assertThat(wrongTokens.delay("10.0.0.1")).contains(Duration.ofSeconds(1));
        pass(Duration.ofMillis(1));
        assertThat(attempts("10.0.0.1", 300)).isEqualTo(1);
    }

    @Test
    void restores_the_whole_burst_after_a_long_pause() {
        attempts("10.0.0.1", 300);

        pass(WrongTokens.INTERVAL.multipliedBy(WrongTokens.BURST));

        assertThat(attempts("10.0.0.1", 300)).isEqualTo(WrongTokens.BURST);
    }

    @Test
    void throttles_many_addresses_together_but_not_a_new_one() {
        int checked = 0;
        for (int i = 0; i < 100; i++) {
            checked += attempts("10.0.1." + i, 300);
        }

        // above the total limit, each address has one attempt
        assertThat(checked).isLessThanOrEqualTo(WrongTokens.TOTAL_BURST + 100);
        assertThat(wrongTokens.delay("10.0.1.0")).isPresent();
        assertThat(wrongTokens.delay("10.9.9.9")).isEmpty();
    }

    @Test
    void keeps_a_bounded_number_of_addresses() {
        for (int i = 0; i < 3 * WrongTokens.MAX_ADDRESSES; i++) {
            wrongTokens.count("address " + i);
        }

        assertThat(wrongTokens.size()).isEqualTo(WrongTokens.MAX_ADDRESSES);
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.1,10.0.0.1,true",
        "10.0.0.1,10.0.0.2,false",
        "2001:db8::1,2001:db8::ffff:1,true",
        "2001:db8::1,2001:db8:0:1::1,false"
    })
    void all_addresses_of_an_ipv6_network_count_as_one(String one, String other, boolean same) {
        assertThat(WrongTokens.key(SocketAddress.inetSocketAddress(1, one))
                        .equals(WrongTokens.key(SocketAddress.inetSocketAddress(2, other))))
                .isEqualTo(same);
    }

    /** How many of the given number of wrong tokens are checked. */
    private int attempts(String address, int tokens) {
        int checked = 0;
        for (int i = 0; i < tokens; i++) {
            if (wrongTokens.delay(address).isEmpty()) {
                wrongTokens.count(address);
                checked++;
            }
        }
        return checked;
    }

    private void pass(Duration duration) {
        nanos.addAndGet(duration.toNanos());
    }
}
