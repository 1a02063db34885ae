package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final Duration PAUSE = Duration.ofMillis(1);
    private static final long LONG = 30;

    private final Schedule schedule = new Schedule();
    private final CountDownLatch ended = new CountDownLatch(1);

    @AfterEach
    void close() throws InterruptedException {
        ended.countDown();
        schedule.close(Duration.ofSeconds(LONG));
    }

    @Test
    void repeats_a_task_that_throws() throws Exception {
        Semaphore runs = new Semaphore(0);

        schedule.every(PAUSE, "throws", () -> {
            runs.release();
            if (runs.availablePermits() % 2 == 0) {
                throw new AssertionError("error");
            }
            throw new IllegalStateException("bug");
        });

        assertThat(runs.tryAcquire(5, LONG, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void repeats_a_task_at_once_when_told_so_until_the_stop() throws Exception {
        Semaphore runs = new Semaphore(0);
        Runnable again = schedule.every(Duration.ofDays(1), "told", runs::release);
        assertThat(runs.tryAcquire(LONG, TimeUnit.SECONDS)).isTrue();

        again.run();

        assertThat(runs.tryAcquire(LONG, TimeUnit.SECONDS)).isTrue();
        schedule.close(Duration.ofSeconds(LONG));
        again.run();
        assertThat(runs.availablePermits()).isZero();
    }

    @Test
    void does_not_repeat_after_the_stop_what_was_told_before() throws Exception {
        Semaphore begun = new Semaphore(0);
        Runnable again = schedule.every(Duration.ofDays(1), "told", () -> {
            begun.release();
            ended.await();
        });
        assertThat(begun.tryAcquire(LONG, TimeUnit.SECONDS)).isTrue();
        again.run();

        schedule.stop();
        ended.countDown();
        schedule.close(Duration.ofSeconds(LONG));

        assertThat(begun.availablePermits()).isZero();
    }

    @Test
    void a_task_that_hangs_does_not_delay_others() throws Exception {
        CountDownLatch hangs = new CountDownLatch(1);
        Semaphore runs = new Semaphore(0);
        schedule.every(PAUSE, "hangs", () -> {
            hangs.countDown();
            ended.await();
        });
        assertThat(hangs.await(LONG, TimeUnit.SECONDS)).isTrue();

        schedule.every(PAUSE, "runs", runs::release);

        assertThat(runs.tryAcquire(5, LONG, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void starts_no_run_after_the_stop_and_lets_a_run_in_progress_end() throws Exception {
        Semaphore begun = new Semaphore(0);
        AtomicBoolean interrupted = new AtomicBoolean();
        Semaphore done = new Semaphore(0);
        schedule.every(PAUSE, "one", () -> {
            begun.release();
            try {
                ended.await();
            } catch (InterruptedException e) {
                interrupted.set(true);
            }
            done.release();
        });
        assertThat(begun.tryAcquire(LONG, TimeUnit.SECONDS)).isTrue();

        schedule.stop();
        ended.countDown();
        schedule.close(Duration.ofSeconds(LONG));

        assertThat(done.availablePermits()).isOne();
        assertThat(begun.availablePermits()).isZero();
        assertThat(interrupted).isFalse();
    }

    @Test
    void close_interrupts_a_run_that_does_not_end() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        schedule.every(PAUSE, "waits", () -> {
            begun.countDown();
            try {
                ended.await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        });
        assertThat(begun.await(LONG, TimeUnit.SECONDS)).isTrue();

        schedule.close(PAUSE);

        assertThat(interrupted.await(LONG, TimeUnit.SECONDS)).isTrue();
    }
}
