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
        walks.walked(Duration.ZERO);
        String at = clock.instant().toString();

        ticker.advance(limit.minusNanos(1));
        assertThat(walks.standstill()).isEmpty();

        ticker.advance(Duration.ofNanos(1));
        assertThat(walks.standstill())
                .hasValueSatisfying(reason -> assertThat(reason).contains(at, limit.toSeconds() + " s"));

        walks.walked(Duration.ZERO);
        assertThat(walks.standstill()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"PT2S, PT0.01S, PT2S", "PT2S, PT0.1S, PT5S", "PT2S, PT10S, PT20S", "PT60S, PT10S, PT60S"})
    void pauses_longer_after_long_scans_unless_files_settle(Duration every, Duration took, Duration pause) {
        Walks walks = new Walks(every, ticker, clock);
        walks.walked(took);
        walks.walked(took);

        ticker.advance(pause.minusNanos(1));
        assertThat(walks.isDue(false)).isEqualTo(pause.equals(every));
        assertThat(walks.isDue(true)).isTrue();
        ticker.advance(Duration.ofNanos(1));
        assertThat(walks.isDue(false)).isTrue();

        ticker.advance(Duration.ofMinutes(10));
        assertThat(walks.standstill()).as("the pause of a minute, ten times").isPresent();
    }

    @Test
    void a_single_long_scan_such_as_the_first_does_not_lengthen_the_pause() {
        Walks walks = new Walks(Duration.ofSeconds(2), ticker, clock);

        for (int millis : new int[] {400, 10, 10, 400}) {
            walks.walked(Duration.ofMillis(millis));
            ticker.advance(Duration.ofSeconds(2));
            assertThat(walks.isDue(false)).isTrue();
        }
    }

    @Test
    void the_limit_grows_with_the_pause() {
        Walks walks = new Walks(Duration.ofSeconds(2), ticker, clock);
        walks.walked(Duration.ofSeconds(10));
        walks.walked(Duration.ofSeconds(10));

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
