package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PaceTest {
    private static final int SECONDS = 20;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int BLOCK = HeldBackBody.BLOCK_BYTES;

    private final Pace pace = new Pace();

    /** A time before the overflow of the monotonic clock. */
    private long nowNanos = Long.MAX_VALUE - 5 * SECOND;

    /** Sends blocks without a pause and returns the bytes of each second. Each wait ends as late as the supplier says. */
    private long[] send(LongSupplier lateNanos) {
        long[] sent = new long[SECONDS];
        long start = nowNanos;
        int left = BLOCK;
        while (nowNanos - start < SECONDS * SECOND) {
            int taken = pace.take(left, nowNanos);
            if (taken == 0) {
                nowNanos += pace.waitNanos() + lateNanos.getAsLong();
            } else {
                sent[(int) ((nowNanos - start) / SECOND)] += taken;
                left = left == taken ? BLOCK : left - taken;
            }
        }
        return sent;
    }

    @ParameterizedTest
    @ValueSource(longs = {64_000, 256_000, 1_000_000, 2_000_000, 10_000_000, 40_000_000, 1_000_000_000})
    void keeps_the_limit_within_one_percent_in_each_second(long limit) {
        pace.limit(limit, nowNanos);

        for (long bytes : send(() -> 0)) {
            assertThat(bytes).isCloseTo(limit, Percentage.withPercentage(1));
        }
    }

    @Test
    void what_late_wakeups_miss_is_caught_up() {
        Random random = new Random(7);
        pace.limit(2_000_000, nowNanos);

        // up to 8 ms, longer than the time of a piece
        for (long bytes : send(() -> random.nextInt(8_000_000))) {
            assertThat(bytes).isCloseTo(2_000_000, Percentage.withPercentage(1));
        }
    }

    @Test
    void sends_at_most_a_tenth_of_a_second_at_once_after_a_pause() {
        pace.limit(2_000_000, nowNanos);
        nowNanos += 60 * SECOND;

        long burst = 0;
        for (int taken = 1; taken > 0; burst += taken) {
            taken = pace.take(BLOCK, nowNanos);
        }

        assertThat(burst).isBetween(200_000L, 210_000L);
    }

    @Test
    void a_lower_limit_applies_at_once() {
        pace.limit(1_000_000_000, nowNanos);
        pace.take(BLOCK, nowNanos);

        pace.limit(64, nowNanos);

        assertThat(pace.take(BLOCK, nowNanos)).isZero();
        assertThat(pace.waitNanos()).isEqualTo(SECOND);
    }

    @Test
    void setting_the_same_limit_again_changes_nothing() {
        pace.limit(64_000, nowNanos);
        pace.take(BLOCK, nowNanos);
        long before = pace.waitNanos();

        pace.limit(64_000, nowNanos + before / 2);

        assertThat(pace.take(BLOCK, nowNanos + before / 2)).isZero();
        assertThat(pace.take(BLOCK, nowNanos + before)).isPositive();
    }

    @Test
    void without_a_limit_a_block_is_one_piece() {
        assertThat(pace.take(BLOCK, nowNanos)).isEqualTo(BLOCK);
        assertThat(pace.waitNanos()).isZero();
    }
}
