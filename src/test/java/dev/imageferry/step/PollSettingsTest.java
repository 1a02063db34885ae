package dev.imageferry.step;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PollSettingsTest {
    private static final PollSettings POLL = new PollSettings() {
        @Override
        public Duration initialDelay() {
            return Duration.ofSeconds(2);
        }

        @Override
        public Duration maxDelay() {
            return Duration.ofSeconds(30);
        }

        @Override
        public Duration timeout() {
            return Duration.ofHours(2);
        }
    };

    @ParameterizedTest
    @CsvSource({"PT-1S, PT2S", "PT0S, PT2S", "PT8S, PT2S", "PT12S, PT3S", "PT1M56S, PT29S", "PT2M, PT30S", "PT2H, PT30S"
    })
    void polls_after_a_quarter_of_the_time_waited_within_the_two_delays(Duration waited, Duration delay) {
        assertThat(POLL.delayAfter(waited)).isEqualTo(delay);
    }

    @ParameterizedTest
    @CsvSource({"PT2H, PT0S, PT30S", "PT2H, PT12S, PT18S", "PT2H, PT29S, PT2S", "PT0S, PT12S, PT2S"})
    void counts_the_pause_from_the_age_of_the_answer(Duration waited, Duration age, Duration delay) {
        assertThat(POLL.delayAfter(waited, age)).isEqualTo(delay);
    }
}
