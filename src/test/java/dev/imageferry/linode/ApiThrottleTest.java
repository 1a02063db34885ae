package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import okhttp3.Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiThrottleTest {
    final SettableClock clock = new SettableClock();
    final ApiThrottle throttle = new ApiThrottle(clock, clock);

    private static ApiAnswer answer(int status, String... headers) {
        String body = status == 200 ? "{}" : "{\"errors\":[{\"reason\":\"Too many requests\"}]}";
        return ApiAnswer.of(new HttpAnswer(status, Headers.of(headers), body));
    }

    private String inSeconds(long seconds) {
        return String.valueOf(clock.instant().plusSeconds(seconds).getEpochSecond());
    }

    @Test
    void rests_only_calls_of_the_kind_that_was_refused() {
        throttle.note(Operation.LIST, 0, answer(429, "Retry-After", "30"));

        assertThat(throttle.pauseBefore(Operation.LIST, 0)).contains(Duration.ofSeconds(30));
        assertThat(throttle.pauseBefore(Operation.EVENTS, 0)).isEmpty();
        assertThat(throttle.pauseBefore(Operation.GET, 0)).isEmpty();
        throttle.note(Operation.CREATE, 0, answer(429, "Retry-After", "20"));
        assertThat(throttle.pauseBefore(Operation.GET, 0)).contains(Duration.ofSeconds(20));
    }

    @Test
    void rests_before_the_refusal_when_no_call_is_left() {
        throttle.note(Operation.GET, 0, answer(200, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", inSeconds(12)));

        assertThat(throttle.pauseBefore(Operation.GET, 0)).contains(Duration.ofSeconds(12));
        clock.move(Duration.ofSeconds(12));
        assertThat(throttle.pauseBefore(Operation.GET, 0)).isEmpty();
    }

    @Test
    void does_not_rest_while_calls_are_left_or_nobody_says_until_when() {
        throttle.note(Operation.GET, 0, answer(200, "X-RateLimit-Remaining", "1", "X-RateLimit-Reset", inSeconds(12)));
        assertThat(throttle.pauseBefore(Operation.GET, 0)).isEmpty();

        throttle.note(Operation.GET, 0, answer(200, "X-RateLimit-Remaining", "0"));
        assertThat(throttle.pauseBefore(Operation.GET, 0)).isEmpty();
    }

    @Test
    void rests_a_while_after_a_429_that_names_no_time() {
        throttle.note(Operation.GET, 0, answer(429));

        assertThat(throttle.pauseBefore(Operation.GET, 0)).contains(Duration.ofSeconds(15));
    }

    @Test
    void begins_anew_with_another_token() {
        throttle.note(Operation.GET, 0, answer(429, "Retry-After", "600", "X-RateLimit-Remaining", "0"));

        assertThat(throttle.pauseBefore(Operation.GET, 1)).isEmpty();
        assertThat(throttle.fewestRemaining()).isNaN();
    }

    @Test
    void an_answer_to_the_old_token_says_nothing_of_the_new_one() {
        assertThat(throttle.pauseBefore(Operation.GET, 1)).isEmpty();
        throttle.note(Operation.GET, 0, answer(429, "Retry-After", "600"));

        assertThat(throttle.pauseBefore(Operation.GET, 1)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {-5, 5})
    void a_clock_that_is_set_neither_shortens_nor_prolongs_the_rest(int hours) {
        throttle.note(Operation.GET, 0, answer(429, "Retry-After", "60"));
        clock.set(Duration.ofHours(hours));

        assertThat(throttle.pauseBefore(Operation.GET, 0)).contains(Duration.ofSeconds(60));
        clock.move(Duration.ofSeconds(60));
        assertThat(throttle.pauseBefore(Operation.GET, 0)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>slow down</html>", "{}", "{\"errors\":[]}", "{\"errors\":\"too many\"}"})
    void a_429_that_the_api_did_not_write_holds_back_no_other_call(String body) {
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
