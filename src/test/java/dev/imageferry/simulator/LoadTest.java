package dev.imageferry.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.simulator.LinodeClient.Created;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LoadTest {
    private static final int PUTS = 64;

    @Test
    void stands_64_puts_at_once() throws Exception {
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            LinodeClient client = new LinodeClient(linode);
            CyclicBarrier allReceive = new CyclicBarrier(PUTS);
            linode.onRequest(RequestListener.onPutBytes(1_000_000, put -> meet(allReceive)));

            List<Future<Integer>> statuses = new ArrayList<>();
            byte[] content = TestGzip.stored(new byte[2_000_000]);
            for (int each = 0; each < PUTS; each++) {
                Created created = client.create("image-" + each);
                statuses.add(clients.submit(
                        () -> client.put(created.uploadTo(), content).status()));
            }

            for (Future<Integer> status : statuses) {
                assertThat(status.get(60, TimeUnit.SECONDS)).isEqualTo(200);
            }
            assertThat(linode.mostConcurrentPuts()).isEqualTo(PUTS);
            assertThat(linode.putsInProgress()).isZero();
            linode.await(
                    now -> now.images().stream()
                                    .filter(SimulatedImage::isAvailable)
                                    .count()
                            == PUTS,
                    LinodeClient.LIMIT);
        }
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", interrupted);
        } catch (BrokenBarrierException | TimeoutException alone) {
            throw new IllegalStateException("not all PUTs were under way at once", alone);
        }
    }

    @Tag("exhaustive")
    @Test
    void takes_two_gigabytes_in_constant_memory() throws Exception {
        Process process = TestJvm.start(
                List.of("-Xmx64m", "-XX:MaxDirectMemorySize=64m", "-XX:+ExitOnOutOfMemoryError"),
                LargePut.class.getName(),
                List.of("2000"));

        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS))
                    .as("ended in time")
                    .isTrue();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(said).contains("answered 200", "content 2000000000 bytes, available");
        } finally {
            process.destroyForcibly();
        }
    }
}
