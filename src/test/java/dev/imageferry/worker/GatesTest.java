package dev.imageferry.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.daemon.LogEar;
import dev.imageferry.daemon.SettableClock;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GatesTest {
    private static final Problem DOWN = new Problem(ErrorCode.LINODE_UNAVAILABLE, "503 to GET /v4/profile");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration TICK = Duration.ofMillis(1);

    private final SettableClock clock = new SettableClock();
    private final Gates gates = new Gates(clock, clock);

    /** Time passes, by both clocks. */
    private void pass(Duration duration) {
        clock.advance(duration);
    }

    @Test
    void an_open_gate_lets_everybody_through() {
        assertThat(gates.isOpen(Gate.API)).isTrue();
        assertThat(gates.admit(Gate.API)).isEmpty();
        assertThat(gates.admit(Gate.API)).isEmpty();
        assertThat(gates.problemOf(Gate.API)).isNull();
        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_closed_gate_says_why_and_how_long_and_is_tried_after_a_second() {
        gates.close(Gate.API, DOWN);
        pass(Duration.ofMillis(400));

        assertThat(gates.admit(Gate.API)).contains(new Problem(DOWN.code(), DOWN.message(), Duration.ofMillis(600)));

        pass(Duration.ofMillis(600));
        assertThat(gates.admit(Gate.API)).isEmpty();
        assertThat(gates.isOpen(Gate.API)).isFalse();
    }

    @Test
    void a_gate_stays_closed_to_others_that_need_another_one_only() {
        gates.close(Gate.bucket("us-ord-1.linodeobjects.com"), DOWN);

        assertThat(gates.admit(Gate.bucket("us-ord-1.linodeobjects.com"))).isPresent();
        assertThat(gates.admit(Gate.bucket("nl-ams-1.linodeobjects.com"))).isEmpty();
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void one_at_a_time_tries_a_closed_gate() throws Exception {
        gates.close(Gate.API, DOWN);
        pass(SECOND);
        int callers = 16;
        CountDownLatch together = new CountDownLatch(callers);

        long admitted;
        try (ExecutorService threads = Executors.newFixedThreadPool(callers)) {
            List<Future<Boolean>> answers = threads.invokeAll(Collections.nCopies(callers, () -> {
                together.countDown();
                together.await(30, TimeUnit.SECONDS);
                return gates.admit(Gate.API).isEmpty();
            }));
            admitted = answers.stream().filter(Future::resultNow).count();
        }

        assertThat(admitted).isEqualTo(1);
    }

    @Test
    void pauses_double_with_each_try_that_failed_up_to_thirty_seconds() {
        gates.close(Gate.API, DOWN);

        for (int seconds : new int[] {1, 2, 4, 8, 16, 30, 30, 30}) {
            pass(Duration.ofSeconds(seconds).minus(TICK));
            assertThat(gates.admit(Gate.API)).as("before " + seconds + " s").isPresent();
            pass(TICK);
            assertThat(gates.admit(Gate.API)).as("after " + seconds + " s").isEmpty();
            gates.close(Gate.API, DOWN);
        }
    }

    @Test
    void several_that_fail_together_do_not_lengthen_the_pause() {
        gates.close(Gate.API, DOWN);
        gates.close(Gate.API, DOWN);
        gates.close(Gate.API, DOWN);

        pass(SECOND);

        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void a_try_whose_end_nobody_tells_is_followed_by_another_after_the_pause() {
        gates.close(Gate.API, DOWN);
        pass(SECOND);
        assertThat(gates.admit(Gate.API)).isEmpty();

        pass(SECOND.minus(TICK));
        assertThat(gates.admit(Gate.API)).isPresent();
        pass(TICK);
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void a_time_that_was_asked_for_wins_over_a_shorter_pause() {
        gates.close(Gate.API, new Problem(ErrorCode.RATE_LIMITED, "slow down", Duration.ofSeconds(90)));

        pass(Duration.ofSeconds(90).minus(TICK));
        assertThat(gates.admit(Gate.API)).isPresent();
        pass(TICK);
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void a_time_that_one_of_several_was_asked_for_wins_too() {
        gates.close(Gate.API, DOWN);
        gates.close(Gate.API, new Problem(ErrorCode.RATE_LIMITED, "slow down", Duration.ofSeconds(90)));
        gates.close(Gate.API, DOWN);

        pass(Duration.ofSeconds(90).minus(TICK));
        assertThat(gates.admit(Gate.API)).isPresent();
        pass(TICK);
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void a_time_that_was_asked_for_does_not_shorten_the_pause() {
        gates.close(Gate.API, new Problem(ErrorCode.RATE_LIMITED, "slow down", TICK));

        pass(SECOND.minus(TICK));

        assertThat(gates.admit(Gate.API)).isPresent();
    }

    @Test
    void a_full_account_is_looked_at_every_five_minutes() {
        Problem full = new Problem(ErrorCode.QUOTA_EXCEEDED, "image limit reached");
        gates.close(Gate.QUOTA, full);

        for (int tries = 0; tries < 3; tries++) {
            pass(Duration.ofMinutes(5).minus(TICK));
            assertThat(gates.admit(Gate.QUOTA)).isPresent();
            pass(TICK);
            assertThat(gates.admit(Gate.QUOTA)).isEmpty();
            gates.close(Gate.QUOTA, full);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-25, -1, 1, 25})
    void a_wall_clock_that_is_set_neither_delays_nor_hastens_a_try(long hours) {
        gates.close(Gate.API, DOWN);
        clock.set(Duration.ofHours(hours));

        clock.advance(SECOND.minus(TICK));
        assertThat(gates.admit(Gate.API))
                .hasValueSatisfying(closed -> assertThat(closed.retryAfter()).contains(TICK));
        clock.advance(TICK);
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void what_is_asked_for_runs_once_before_the_gate_opens_and_not_for_another_gate() {
        List<Boolean> openWhenRun = new ArrayList<>();
        gates.beforeOpening(Gate.DATABASE, () -> openWhenRun.add(gates.isOpen(Gate.DATABASE)));
        gates.open(Gate.DATABASE);
        gates.close(Gate.API, DOWN);
        gates.open(Gate.API);
        assertThat(openWhenRun).isEmpty();

        gates.close(Gate.DATABASE, DOWN);
        gates.open(Gate.DATABASE);
        gates.open(Gate.DATABASE);

        assertThat(openWhenRun).containsExactly(false);
    }

    @Test
    void what_was_mended_is_tried_at_once() {
        gates.close(Gate.TOKEN, new Problem(ErrorCode.LINODE_UNAUTHORIZED, "401", Duration.ofHours(1)));

        gates.tryNow(Gate.TOKEN);

        assertThat(gates.admit(Gate.TOKEN)).isEmpty();
        assertThat(gates.admit(Gate.TOKEN)).as("a second one").isPresent();
    }

    @Test
    void trying_an_open_gate_at_once_closes_nothing() {
        gates.tryNow(Gate.TOKEN);

        assertThat(gates.isOpen(Gate.TOKEN)).isTrue();
    }

    @Test
    void a_gate_that_opened_begins_anew_with_the_first_pause() {
        gates.close(Gate.API, DOWN);
        pass(SECOND);
        gates.admit(Gate.API);
        gates.close(Gate.API, DOWN);
        gates.open(Gate.API);

        assertThat(gates.admit(Gate.API)).isEmpty();
        gates.close(Gate.API, DOWN);
        pass(SECOND);
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shows_the_newest_reason_and_since_when_it_is_closed(boolean tried) {
        Instant since = clock.instant();
        gates.close(Gate.API, DOWN);
        pass(SECOND);
        if (tried) {
            gates.admit(Gate.API);
        }
        gates.close(Gate.API, new Problem(ErrorCode.LINODE_UNAVAILABLE, "connection refused"));
        Instant later = clock.instant();
        gates.close(Gate.FOLDER, new Problem(ErrorCode.FOLDER_UNAVAILABLE, "not mounted"));
        gates.close(Gate.bucket("b.example"), DOWN);

        assertThat(gates.blocked())
                .isEqualTo(List.of(
                        new Blocked("api", "connection refused", since),
                        new Blocked("bucket:b.example", DOWN.message(), later),
                        new Blocked("folder", "not mounted", later)));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 25})
    void a_clock_that_is_set_changes_no_pause(int hours) {
        gates.close(Gate.API, DOWN);
        clock.set(Duration.ofHours(hours));

        assertThat(gates.admit(Gate.API)).contains(new Problem(DOWN.code(), DOWN.message(), SECOND));
        clock.advance(SECOND);
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void a_gate_that_has_not_been_asked_yet_holds_work_back_and_is_no_outage() {
        Instant since = clock.instant();
        gates.starting(Gate.TOKEN, new Problem(ErrorCode.LINODE_UNAUTHORIZED, "the token has not been tried yet"));

        assertThat(gates.isOpen(Gate.TOKEN)).isFalse();
        assertThat(gates.isOutage(Gate.TOKEN)).isFalse();
        assertThat(gates.blocked())
                .containsExactly(new Blocked("token", "starting: the token has not been tried yet", since, true));
        assertThat(gates.admit(Gate.TOKEN)).as("the first try").isEmpty();
        assertThat(gates.admit(Gate.TOKEN)).as("a second one").isPresent();

        clock.advance(SECOND);
        gates.close(Gate.TOKEN, new Problem(ErrorCode.LINODE_UNAUTHORIZED, "401"));
        assertThat(gates.isOutage(Gate.TOKEN)).isTrue();
        assertThat(gates.blocked()).containsExactly(new Blocked("token", "401", clock.instant()));
    }

    @Test
    void a_healthy_start_logs_no_outage_and_no_end_of_one() {
        try (LogEar ear = LogEar.on(Gates.class)) {
            gates.starting(Gate.API, DOWN);
            gates.starting(Gate.TOKEN, DOWN);
            gates.open(Gate.API);
            gates.open(Gate.TOKEN);

            assertThat(ear.lines()).isEmpty();
        }
    }

    @Test
    void a_reason_is_logged_when_it_is_known_and_again_when_it_changes() {
        try (LogEar ear = LogEar.on(Gates.class)) {
            gates.starting(Gate.API, new Problem(ErrorCode.LINODE_UNAVAILABLE, "not asked yet"));
            for (String reason : List.of("refused", "refused", "503", "503", "refused")) {
                gates.close(Gate.API, new Problem(ErrorCode.LINODE_UNAVAILABLE, reason));
                clock.advance(SECOND);
                gates.admit(Gate.API);
            }
            clock.advance(Duration.ofMinutes(5));
            gates.close(Gate.API, new Problem(ErrorCode.LINODE_UNAVAILABLE, "503"));
            gates.open(Gate.API);
            gates.close(Gate.API, new Problem(ErrorCode.LINODE_UNAVAILABLE, "refused"));

            assertThat(ear.lines())
                    .containsExactly(
                            "WARN gate closed gate=api reason=refused",
                            "WARN gate closed gate=api reason=503",
                            "WARN gate closed gate=api reason=503",
                            "INFO gate opened gate=api closed_for=PT5M5S",
                            "WARN gate closed gate=api reason=refused");
        }
    }
}
