package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import okhttp3.Headers;
import org.junit.jupiter.api.Test;

class ApiThrottleTest {
    final SettableClock clock = new SettableClock();
    final ApiThrottle throttle = new ApiThrottle(clock);

    private static HttpAnswer answer(int status, String... headers) {
        return new HttpAnswer(status, Headers.of(headers), "");
    }

    private String inSeconds(long seconds) {
        return String.valueOf(clock.instant().plusSeconds(seconds).getEpochSecond());
    }

    @Test
    void rests_only_calls_of_the_kind_that_was_refused() {
        throttle.note(Operation.LIST, 0, answer(429, "Retry-After", "30"));

        assertThat(throttle.restBefore(Operation.LIST, 0)).contains(Duration.ofSeconds(30));
        assertThat(throttle.restBefore(Operation.EVENTS, 0)).isEmpty();
        assertThat(throttle.restBefore(Operation.GET, 0)).isEmpty();
        throttle.note(Operation.CREATE, 0, answer(429, "Retry-After", "20"));
        assertThat(throttle.restBefore(Operation.GET, 0)).contains(Duration.ofSeconds(20));
    }

    @Test
    void rests_before_the_refusal_when_no_call_is_left() {
        throttle.note(Operation.GET, 0, answer(200, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", inSeconds(12)));

        assertThat(throttle.restBefore(Operation.GET, 0)).contains(Duration.ofSeconds(12));
        clock.move(Duration.ofSeconds(12));
        assertThat(throttle.restBefore(Operation.GET, 0)).isEmpty();
    }

    @Test
    void does_not_rest_while_calls_are_left_or_nobody_says_until_when() {
        throttle.note(Operation.GET, 0, answer(200, "X-RateLimit-Remaining", "1", "X-RateLimit-Reset", inSeconds(12)));
        assertThat(throttle.restBefore(Operation.GET, 0)).isEmpty();

        throttle.note(Operation.GET, 0, answer(200, "X-RateLimit-Remaining", "0"));
        assertThat(throttle.restBefore(Operation.GET, 0)).isEmpty();
    }

    @Test
    void rests_a_while_after_a_429_that_names_no_time() {
        throttle.note(Operation.GET, 0, answer(429));

        assertThat(throttle.restBefore(Operation.GET, 0)).contains(Duration.ofSeconds(15));
    }

    @Test
    void begins_anew_with_another_token() {
        throttle.note(Operation.GET, 0, answer(429, "Retry-After", "600", "X-RateLimit-Remaining", "0"));

        assertThat(throttle.restBefore(Operation.GET, 1)).isEmpty();
        assertThat(throttle.fewestRemaining()).isNaN();
    }

    @Test
    void an_answer_to_the_old_token_says_nothing_of_the_new_one() {
        assertThat(throttle.restBefore(Operation.GET, 1)).isEmpty();
        throttle.note(Operation.GET, 0, answer(429, "Retry-After", "600"));

        assertThat(throttle.restBefore(Operation.GET, 1)).isEmpty();
    }

    @Test
    void a_clock_that_is_set_back_does_not_prolong_the_rest() {
        throttle.note(Operation.GET, 0, answer(429, "Retry-After", "60"));
        clock.move(Duration.ofHours(-5));

        assertThat(throttle.restBefore(Operation.GET, 0)).isEmpty();
    }

    @Test
    void shows_the_kind_with_the_fewest_calls_left() {
        throttle.note(Operation.GET, 0, answer(200, "X-RateLimit-Remaining", "1500"));
        throttle.note(Operation.LIST, 0, answer(200, "X-RateLimit-Remaining", "17"));

        assertThat(throttle.fewestRemaining()).isEqualTo(17);
    }
}
