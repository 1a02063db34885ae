package dev.imageferry.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EventTurnsTest {
    private static final Duration POLL = Duration.ofSeconds(30);

    private final SettableClock clock = new SettableClock();
    private final EventTurns turns = new EventTurns(clock);

    private static List<UUID> jobs(int number) {
        return Stream.generate(UUID::randomUUID).limit(number).toList();
    }

    @Test
    void with_few_jobs_every_poll_has_a_turn() {
        List<UUID> jobs = jobs(50);

        for (int round = 0; round < 10; round++) {
            assertThat(jobs).allMatch(turns::take);
            clock.advance(POLL);
        }
    }

    @Test
    void many_jobs_share_the_calls_of_a_minute_and_none_is_left_out() {
        List<UUID> jobs = jobs(1000);
        Set<UUID> served = new HashSet<>();

        for (int minute = 1; minute <= 10; minute++) {
            int calls = 0;
            for (int round = 0; round < 2; round++) {
                for (UUID job : jobs) {
                    if (turns.take(job)) {
                        calls++;
                        served.add(job);
                    }
                }
                clock.advance(POLL);
            }
            assertThat(calls).isEqualTo(EventTurns.CALLS_PER_MINUTE);
        }

        assertThat(served).hasSize(1000);
    }

    @Test
    void jobs_that_no_longer_wait_do_not_delay_the_others() {
        jobs(1000).forEach(turns::take);
        clock.advance(Duration.ofMinutes(3));
        UUID job = UUID.randomUUID();
        assertThat(turns.take(job)).isTrue();

        clock.advance(POLL);

        assertThat(turns.take(job)).isTrue();
    }
}
