package dev.imageferry.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryPolicyTest {
    private final RetryPolicy policy = new RetryPolicy(8, Duration.ofSeconds(2), Duration.ofMinutes(10));

    @ParameterizedTest
    @CsvSource({"-1, PT2S", "0, PT2S", "1, PT2S", "2, PT4S", "3, PT8S", "9, PT8M32S", "10, PT10M", "2147483647, PT10M"})
    void maximum_delay_doubles_with_each_attempt_up_to_max_delay(int attempt, Duration ceiling) {
        assertThat(policy.ceilingAfter(attempt)).isEqualTo(ceiling);
    }

    @Test
    void delay_is_uniform_between_zero_and_the_maximum() {
        Random random = new Random(42);
        long ceiling = policy.ceilingAfter(3).toMillis();

        long[] delays = IntStream.range(0, 20_000)
                .mapToLong(i -> policy.delayAfter(3, random).toMillis())
                .toArray();

        assertThat(Arrays.stream(delays)).allMatch(delay -> delay >= 0 && delay <= ceiling);
        for (int tenth = 0; tenth < 10; tenth++) {
            long from = ceiling * tenth / 10;
            long to = ceiling * (tenth + 1) / 10;
            assertThat(IntStream.range(0, delays.length)
                            .filter(i -> delays[i] >= from && delays[i] < to)
                            .count())
                    .isBetween(1800L, 2200L);
        }
    }

    @Test
    void delay_never_exceeds_max_delay_even_if_initial_delay_does() {
        RetryPolicy odd = new RetryPolicy(1, Duration.ofHours(1), Duration.ofSeconds(1));

        assertThat(odd.ceilingAfter(1)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void rejects_less_than_one_attempt() {
        assertThatThrownBy(() -> new RetryPolicy(0, Duration.ofSeconds(2), Duration.ofMinutes(10)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("max-attempts must be at least 1, but is 0");
    }
}
