package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BandwidthTest {
    /** Sends the given number of bytes in each of several threads. */
    private static Duration send(Bandwidth bandwidth, int threads, int bytes) throws InterruptedException {
        long start = System.nanoTime();
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            senders.add(Thread.ofPlatform().start(() -> {
                try {
                    bandwidth.spend(bytes, step -> {});
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
        }
        for (Thread sender : senders) {
            sender.join();
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @ParameterizedTest
    @ValueSource(longs = {2_000, 200_000, 20_000_000})
    void limits_all_uploads_together(long limit) throws Exception {
        Bandwidth bandwidth = new Bandwidth();
        bandwidth.limit(limit);

        Duration took = send(bandwidth, 2, (int) limit);

        // two seconds at the limit, less the burst at the start
        assertThat(took).isBetween(Duration.ofMillis(1600), Duration.ofSeconds(20));
    }

    @Test
    void can_limit_to_a_few_bytes_per_second() throws Exception {
        Bandwidth bandwidth = new Bandwidth();
        bandwidth.limit(10);

        // 128 bytes at once, 22 more take 2.2 s
        assertThat(send(bandwidth, 1, 150)).isGreaterThan(Duration.ofMillis(1500));
    }

    @Test
    void a_higher_limit_applies_to_waiting_uploads() throws Exception {
        Bandwidth bandwidth = new Bandwidth();
        bandwidth.limit(1000);
        Thread changer = Thread.ofPlatform().start(() -> bandwidth.limit(0));

        // 100 s at the first limit
        assertThat(send(bandwidth, 1, 100_000)).isLessThan(Duration.ofSeconds(30));

        changer.join();
        assertThat(bandwidth.limit()).isZero();
    }

    @Test
    void refuses_a_negative_limit() {
        assertThatThrownBy(() -> new Bandwidth().limit(-1)).hasMessageContaining("-1");
    }
}
