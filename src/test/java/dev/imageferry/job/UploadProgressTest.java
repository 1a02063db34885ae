package dev.imageferry.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UploadProgressTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final UploadProgress progress = new UploadProgress();

    @Test
    void has_no_rate_before_the_first_measurement() {
        progress.sent(1000);

        assertThat(progress.bytesSent()).isEqualTo(1000);
        assertThat(progress.bytesPerSecond()).isEmpty();
    }

    @Test
    void measures_the_rate_between_two_calls() {
        progress.sent(1000);
        progress.look(Duration.ofMillis(500));

        assertThat(progress.bytesPerSecond()).hasValue(2000);
    }

    @ParameterizedTest
    @CsvSource({
        "0, PT10S, false",
        "79, PT8S, false",
        "80, PT8S, true",
        "100, PT8S, true",
        "19, PT0S, false",
        "20, PT0S, true"
    })
    void ends_within_two_seconds_at_the_average_rate(long sent, Duration sinceStart, boolean within) {
        progress.sent(sent);

        assertThat(progress.endsWithin(Duration.ofSeconds(2), 100, sinceStart)).isEqualTo(within);
    }

    @Test
    void smooths_a_change_of_rate_over_a_few_seconds() {
        progress.sent(1000);
        progress.look(SECOND);
        progress.sent(11_000);
        progress.look(SECOND);
        double afterOne = progress.bytesPerSecond().orElseThrow();
        for (int second = 2; second <= 15; second++) {
            progress.sent(1000 + 10_000L * second);
            progress.look(SECOND);
        }

        assertThat(afterOne).isCloseTo(3700, within(0.1));
        assertThat(progress.bytesPerSecond().orElseThrow()).isBetween(9_900.0, 10_000.0);
    }

    @Test
    void rate_approaches_zero_while_nothing_is_sent() {
        progress.sent(1_000_000);
        progress.look(SECOND);
        for (int second = 0; second < 60; second++) {
            progress.look(SECOND);
        }

        assertThat(progress.bytesPerSecond().orElseThrow()).isBetween(0.0, 1.0);
    }

    @Test
    void two_measurements_at_the_same_time_return_a_finite_rate() {
        progress.sent(10);
        progress.look(Duration.ZERO);

        assertThat(progress.bytesPerSecond().orElseThrow()).isFinite();
    }

    @ParameterizedTest
    @CsvSource({"1000, 100, 10", "1000, 0, ", "1000, , ", "1000, -5, ", "0, 100, 0"})
    void estimates_the_remaining_time_only_with_a_rate(long left, @Nullable Long rate, @Nullable Long seconds) {
        assertThat(UploadProgress.etaSeconds(left, rate)).isEqualTo(seconds);
    }
}
