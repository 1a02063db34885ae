package dev.imageferry.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.daemon.LogCapture;
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

    private void pass(Duration duration) {
        clock.advance(duration);
    }

    @Test
    void an_open_gate_admits_every_caller() {
        assertThat(gates.isOpen(Gate.API)).isTrue();
        assertThat(gates.admit(Gate.API)).isEmpty();
        assertThat(gates.admit(Gate.API)).isEmpty();
        assertThat(gates.problemOf(Gate.API)).isNull();
        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_closed_gate_shows_the_reason_and_the_pause_and_is_tried_after_a_second() {
        gates.close(Gate.API, DOWN);
        pass(Duration.ofMillis(400));

        assertThat(gates.admit(Gate.API)).contains(new Problem(DOWN.code(), DOWN.message(), Duration.ofMillis(600)));

        pass(Duration.ofMillis(600));
        assertThat(gates.admit(Gate.API)).isEmpty();
        assertThat(gates.isOpen(Gate.API)).isFalse();
    }

    @Test
    void a_closed_gate_does_not_affect_other_gates() {
        gates.close(Gate.bucket("us-ord-1.linodeobjects.com"), DOWN);

        assertThat(gates.admit(Gate.bucket("us-ord-1.linodeobjects.com"))).isPresent();
        assertThat(gates.admit(Gate.bucket("nl-ams-1.linodeobjects.com"))).isEmpty();
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void admits_one_caller_at_a_time_to_a_closed_gate() throws Exception {
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
    void pauses_double_with_each_failed_try_up_to_thirty_seconds() {
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
    void simultaneous_failures_do_not_lengthen_the_pause() {
        gates.close(Gate.API, DOWN);
        gates.close(Gate.API, DOWN);
        gates.close(Gate.API, DOWN);

        pass(SECOND);

        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void a_try_without_a_result_is_followed_by_another_after_the_pause() {
        gates.close(Gate.API, DOWN);
        pass(SECOND);
        assertThat(gates.admit(Gate.API)).isEmpty();

        pass(SECOND.minus(TICK));
        assertThat(gates.admit(Gate.API)).isPresent();
        pass(TICK);
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void a_longer_retry_after_replaces_the_pause() {
        gates.close(Gate.API, new Problem(ErrorCode.RATE_LIMITED, "slow down", Duration.ofSeconds(90)));

        pass(Duration.ofSeconds(90).minus(TICK));
        assertThat(gates.admit(Gate.API)).isPresent();
        pass(TICK);
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void a_longer_retry_after_of_one_of_several_failures_replaces_the_pause() {
        gates.close(Gate.API, DOWN);
        gates.close(Gate.API, new Problem(ErrorCode.RATE_LIMITED, "slow down", Duration.ofSeconds(90)));
        gates.close(Gate.API, DOWN);

        pass(Duration.ofSeconds(90).minus(TICK));
        assertThat(gates.admit(Gate.API)).isPresent();
        pass(TICK);
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void a_retry_after_does_not_shorten_the_pause() {
        gates.close(Gate.API, new Problem(ErrorCode.RATE_LIMITED, "slow down", TICK));

        pass(SECOND.minus(TICK));

        assertThat(gates.admit(Gate.API)).isPresent();
    }

    @Test
    void a_full_account_is_tried_every_five_minutes() {
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
    void a_change_of_the_wall_clock_does_not_move_the_next_try(long hours) {
        gates.close(Gate.API, DOWN);
        clock.set(Duration.ofHours(hours));

        clock.advance(SECOND.minus(TICK));
        assertThat(gates.admit(Gate.API))
                .hasValueSatisfying(closed -> assertThat(closed.retryAfter()).contains(TICK));
        clock.advance(TICK);
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void a_registered_action_runs_once_before_its_gate_opens() {
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
    void try_now_makes_the_next_try_due_at_once() {
        gates.close(Gate.TOKEN, new Problem(ErrorCode.LINODE_UNAUTHORIZED, "401", Duration.ofHours(1)));

        gates.tryNow(Gate.TOKEN);

        assertThat(gates.admit(Gate.TOKEN)).isEmpty();
        assertThat(gates.admit(Gate.TOKEN)).as("a second one").isPresent();
    }

    @Test
    void try_now_leaves_an_open_gate_open() {
        gates.tryNow(Gate.TOKEN);

        assertThat(gates.isOpen(Gate.TOKEN)).isTrue();
    }

    @Test
    void a_gate_that_was_open_starts_with_the_first_pause_again() {
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
    void shows_the_newest_reason_and_the_time_of_closing(boolean tried) {
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
    void a_change_of_the_clock_does_not_change_the_pause(int hours) {
        gates.close(Gate.API, DOWN);
        clock.set(Duration.ofHours(hours));

        assertThat(gates.admit(Gate.API)).contains(new Problem(DOWN.code(), DOWN.message(), SECOND));
        clock.advance(SECOND);
        assertThat(gates.admit(Gate.API)).isEmpty();
    }

    @Test
    void a_starting_gate_is_closed_and_not_an_outage() {
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
    void a_healthy_start_logs_nothing() {
        try (LogCapture log = LogCapture.on(Gates.class)) {
            gates.starting(Gate.API, DOWN);
            gates.starting(Gate.TOKEN, DOWN);
            gates.open(Gate.API);
            gates.open(Gate.TOKEN);

            assertThat(log.lines()).isEmpty();
        }
    }

    @Test
    void logs_a_reason_once_and_again_when_it_changes() {
        try (LogCapture log = LogCapture.on(Gates.class)) {
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

            assertThat(log.lines())
                    .containsExactly(
                            "WARN gate closed gate=api reason=refused",
                            "WARN gate closed gate=api reason=503",
                            "WARN gate closed gate=api reason=503",
                            "INFO gate opened gate=api closed_for=PT5M5S",
                            "WARN gate closed gate=api reason=refused");
        }
    }
}
