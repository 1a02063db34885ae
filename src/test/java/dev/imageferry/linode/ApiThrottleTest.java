package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import java.time.Duration;
import okhttp3.Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiThrottleTest {
    final SettableClock clock = new SettableClock(SentFile.NOW);
    final ApiThrottle throttle = new ApiThrottle(clock, clock);

    private static ApiAnswer answer(int status, String... headers) {
        String body = status == 200 ? "{}" : "{\"errors\":[{\"reason\":\"Too many requests\"}]}";
        return ApiAnswer.of(new HttpAnswer(status, Headers.of(headers), body));
    }

    private String inSeconds(long seconds) {
        return String.valueOf(clock.instant().plusSeconds(seconds).getEpochSecond());
    }

    @Test
    void delays_only_calls_of_the_kind_that_was_refused() {
        throttle.note(Operation.LIST, 0, answer(429, "Retry-After", "30"));

        assertThat(throttle.pauseBefore(Operation.LIST, 0)).contains(Duration.ofSeconds(30));
        assertThat(throttle.pauseBefore(Operation.EVENTS, 0)).isEmpty();
        assertThat(throttle.pauseBefore(Operation.GET, 0)).isEmpty();
        throttle.note(Operation.CREATE, 0, answer(429, "Retry-After", "20"));
        assertThat(throttle.pauseBefore(Operation.GET, 0)).contains(Duration.ofSeconds(20));
    }

    @Test
    void delays_calls_when_none_is_left() {
        throttle.note(Operation.GET, 0, answer(200, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", inSeconds(12)));

        assertThat(throttle.pauseBefore(Operation.GET, 0)).contains(Duration.ofSeconds(12));
        clock.advance(Duration.ofSeconds(12));
        assertThat(throttle.pauseBefore(Operation.GET, 0)).isEmpty();
    }

    @Test
    void does_not_delay_while_calls_are_left_or_the_reset_time_is_unknown() {
        throttle.note(Operation.GET, 0, answer(200, "X-RateLimit-Remaining", "1", "X-RateLimit-Reset", inSeconds(12)));
        assertThat(throttle.pauseBefore(Operation.GET, 0)).isEmpty();

        throttle.note(Operation.GET, 0, answer(200, "X-RateLimit-Remaining", "0"));
        assertThat(throttle.pauseBefore(Operation.GET, 0)).isEmpty();
    }

    @Test
    void uses_a_default_delay_after_a_429_without_a_time() {
        throttle.note(Operation.GET, 0, answer(429));

        assertThat(throttle.pauseBefore(Operation.GET, 0)).contains(Duration.ofSeconds(15));
    }

    @Test
    void forgets_the_limits_of_the_previous_token() {
        throttle.note(Operation.GET, 0, answer(429, "Retry-After", "600", "X-RateLimit-Remaining", "0"));

        assertThat(throttle.pauseBefore(Operation.GET, 1)).isEmpty();
        assertThat(throttle.fewestRemaining()).isNaN();
    }

    @Test
    void ignores_an_answer_to_the_previous_token() {
        assertThat(throttle.pauseBefore(Operation.GET, 1)).isEmpty();
        throttle.note(Operation.GET, 0, answer(429, "Retry-After", "600"));

        assertThat(throttle.pauseBefore(Operation.GET, 1)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {-5, 5})
    void changing_the_clock_does_not_change_the_delay(int hours) {
        throttle.note(Operation.GET, 0, answer(429, "Retry-After", "60"));
        clock.set(Duration.ofHours(hours));

        assertThat(throttle.pauseBefore(Operation.GET, 0)).contains(Duration.ofSeconds(60));
        clock.advance(Duration.ofSeconds(60));
        assertThat(throttle.pauseBefore(Operation.GET, 0)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>slow down</html>", "{}", "{\"errors\":[]}", "{\"errors\":\"too many\"}"})
    void a_429_of_a_proxy_delays_no_other_call(String body) {
        throttle.note(
                Operation.GET,
                0,
                ApiAnswer.of(
                        new HttpAnswer(429, Headers.of("Retry-After", "600", "X-RateLimit-Remaining", "0"), body)));

        assertThat(throttle.pauseBefore(Operation.GET, 0)).isEmpty();
        assertThat(throttle.fewestRemaining()).isNaN();
    }

    @Test
    void shows_the_kind_with_the_fewest_calls_left() {
        throttle.note(Operation.GET, 0, answer(200, "X-RateLimit-Remaining", "1500"));
        throttle.note(Operation.LIST, 0, answer(200, "X-RateLimit-Remaining", "17"));

        assertThat(throttle.fewestRemaining()).isEqualTo(17);
    }
}
