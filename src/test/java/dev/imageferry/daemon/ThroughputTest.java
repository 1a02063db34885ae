package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ThroughputTest {
    private static final UUID ONE = new UUID(0, 1);
    private static final UUID TWO = new UUID(0, 2);

    private final Throughput throughput = new Throughput();

    @Test
    void counts_the_bytes_of_all_jobs_in_each_second() {
        at(10, Map.of(ONE, 5_000L));
        at(11, Map.of(ONE, 5_300L));
        at(12, Map.of(ONE, 5_500L, TWO, 400L));

        assertThat(throughput.lastSeconds()).hasSize(120).endsWith(0L, 0L, 300L, 600L);
        assertThat(throughput.bytesPerSecond()).isEqualTo(300);
    }

    @Test
    void a_repeated_put_starts_at_zero_and_an_ended_job_is_forgotten() {
        at(10, Map.of(ONE, 5_000L, TWO, 9_000L));
        at(11, Map.of(ONE, 200L));

        assertThat(throughput.lastSeconds()).endsWith(0L, 200L);
    }

    @Test
    void spreads_the_bytes_over_a_pause() {
        at(10, Map.of(ONE, 0L));
        at(14, Map.of(ONE, 400L));
        at(14, Map.of(ONE, 450L));

        assertThat(throughput.lastSeconds()).endsWith(0L, 100L, 100L, 100L, 150L);
    }

    @Test
    void forgets_after_two_minutes() {
        at(10, Map.of(ONE, 0L));
        at(11, Map.of(ONE, 500L));
        at(131, Map.of(ONE, 500L));

        assertThat(throughput.lastSeconds()).containsOnly(0L);
    }

    private void at(long second, Map<UUID, Long> sent) {
        throughput.record(second * 1_000_000_000, sent);
    }
}
