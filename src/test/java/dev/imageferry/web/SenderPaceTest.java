package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SenderPaceTest {
    private final SenderPace pace = new SenderPace(SenderPace.WINDOW);

    @Test
    void one_byte_per_second_is_too_slow_after_one_window() {
        for (int second = 1; second < SenderPace.WINDOW.toSeconds(); second++) {
            pace.waited(Duration.ofSeconds(1).toNanos());
            pace.received(1);
            assertThat(pace.isTooSlow()).isFalse();
        }

        pace.waited(Duration.ofSeconds(1).toNanos());

        assertThat(pace.isTooSlow()).isTrue();
    }

    @Test
    void waits_at_most_one_window() {
        pace.waited(Duration.ofSeconds(10).toNanos());

        assertThat(pace.remainingNanos()).isEqualTo(Duration.ofSeconds(20).toNanos());
    }

    @Test
    void allows_pauses_if_the_average_is_high_enough() {
        for (int i = 0; i < 10; i++) {
            pace.received(SenderPace.MIN_BYTES_PER_SECOND * SenderPace.WINDOW.toSeconds());
            pace.waited(SenderPace.WINDOW.toNanos());
            assertThat(pace.isTooSlow()).isFalse();
        }
    }

    @Test
    void ignores_bytes_of_earlier_windows() {
        pace.received(1L << 40);
        pace.waited(SenderPace.WINDOW.toNanos());
        assertThat(pace.isTooSlow()).isFalse();

        pace.waited(SenderPace.WINDOW.toNanos());

        assertThat(pace.isTooSlow()).isTrue();
    }
}
