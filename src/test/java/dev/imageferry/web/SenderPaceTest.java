package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SenderPaceTest {
    private final SenderPace pace = new SenderPace(SenderPace.WINDOW);

    @Test
    void a_byte_a_second_is_too_slow_after_one_window() {
        for (int second = 1; second < SenderPace.WINDOW.toSeconds(); second++) {
            pace.waited(Duration.ofSeconds(1).toNanos());
            pace.received(1);
            assertThat(pace.isTooSlow()).isFalse();
        }

        pace.waited(Duration.ofSeconds(1).toNanos());

        assertThat(pace.isTooSlow()).isTrue();
    }

    @Test
    void silence_is_waited_for_no_longer_than_a_window() {
        pace.waited(Duration.ofSeconds(10).toNanos());

        assertThat(pace.patienceNanos()).isEqualTo(Duration.ofSeconds(20).toNanos());
    }

    @Test
    void pauses_are_allowed_while_the_average_is_high_enough() {
        for (int i = 0; i < 10; i++) {
            pace.received(SenderPace.LEAST_BYTES_PER_SECOND * SenderPace.WINDOW.toSeconds());
            pace.waited(SenderPace.WINDOW.toNanos());
            assertThat(pace.isTooSlow()).isFalse();
        }
    }

    @Test
    void what_came_in_an_earlier_window_does_not_count() {
        pace.received(1L << 40);
        pace.waited(SenderPace.WINDOW.toNanos());
        assertThat(pace.isTooSlow()).isFalse();

        pace.waited(SenderPace.WINDOW.toNanos());

        assertThat(pace.isTooSlow()).isTrue();
    }
}
