package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WalksTest {
    private final SettableClock ticker = new SettableClock();
    private final SettableClock clock = new SettableClock();

    @ParameterizedTest
    @CsvSource({"PT0.1S, PT30S", "PT2S, PT30S", "PT6S, PT60S"})
    void reports_a_standstill_after_ten_intervals_and_at_least_30_seconds(Duration every, Duration limit) {
        Walks walks = new Walks(every, ticker, clock);
        ticker.advance(Duration.ofHours(1));
        walks.walked(Duration.ZERO, false);
        String at = clock.instant().toString();

        ticker.advance(limit.minusNanos(1));
        assertThat(walks.standstill()).isEmpty();

        ticker.advance(Duration.ofNanos(1));
        assertThat(walks.standstill())
                .hasValueSatisfying(reason -> assertThat(reason).contains(at, limit.toSeconds() + " s"));

        walks.walked(Duration.ZERO, false);
        assertThat(walks.standstill()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "PT2S, PT0.01S, false, PT2S",
        "PT2S, PT0.1S, false, PT5S",
        "PT2S, PT0.1S, true, PT2S",
        "PT2S, PT10S, false, PT20S",
        "PT60S, PT10S, false, PT60S"
    })
    void pauses_longer_after_a_long_scan_unless_files_settle(
            Duration every, Duration took, boolean settling, Duration pause) {
        Walks walks = new Walks(every, ticker, clock);
        walks.walked(took, settling);

        ticker.advance(pause.minusNanos(1));
        assertThat(walks.isDue()).isEqualTo(pause.equals(every));
        ticker.advance(Duration.ofNanos(1));
        assertThat(walks.isDue()).isTrue();

        ticker.advance(Duration.ofMinutes(10));
        assertThat(walks.standstill()).as("the pause of a minute, ten times").isPresent();
    }

    @Test
    void the_limit_grows_with_the_pause() {
        Walks walks = new Walks(Duration.ofSeconds(2), ticker, clock);
        walks.walked(Duration.ofSeconds(10), false);

        ticker.advance(Duration.ofSeconds(199));

        assertThat(walks.standstill()).isEmpty();
    }

    @Test
    void a_change_of_the_wall_clock_has_no_effect() {
        Walks walks = new Walks(Duration.ofSeconds(2), ticker, clock);

        clock.advance(Duration.ofHours(1));
        assertThat(walks.standstill()).isEmpty();

        clock.advance(Duration.ofHours(-2));
        ticker.advance(Duration.ofSeconds(30));
        assertThat(walks.standstill()).isPresent();
    }
}
