package dev.imageferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.whole.CraftedGzip;
import dev.imageferry.whole.DaemonProcess;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the bandwidth limit with what is sent in each second: {@code ./mvnw verify -Pbench -Dit.test=BandwidthIT}. Default:
 * {@code -Dbench.bandwidth.seconds=15} for each limit.
 */
@Tag("bench")
class BandwidthIT {
    private static final int SECONDS = Integer.getInteger("bench.bandwidth.seconds", 15);
    private static final List<Long> LIMITS = List.of(10_000_000L, 2_000_000L, 256_000L, 40_000_000L);

    /** A limit that was changed applies within a second on all instances. */
    private static final int CHANGE_SECONDS = 2;

    private static final int UPLOADS = 4;

    /** Faster than every limit. */
    private static final long LINE = 400_000_000;

    @TempDir
    Path directory;

    @Test
    void limits_of_a_running_queue() throws Exception {
        BenchReport.measure("Bandwidth", section -> {
            section.about(
                    "%d uploads for %d s with each limit, which is changed while they run. Each second is counted at the other end of the connection, except the first %d after a change."
                            .formatted(UPLOADS, SECONDS, CHANGE_SECONDS));
            Path file = directory.resolve("made");
            CraftedGzip.storedHoles(
                    file, LIMITS.stream().mapToLong(Long::longValue).sum() * (SECONDS + 10) / UPLOADS);
            try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                    ThrottledLine line = ThrottledLine.to(linode.uri().getPort(), LINE, LINE);
                    DaemonProcess daemon = BenchDaemon.in(directory, linode)
                            .set("imageferry.linode.url", line.address())
                            .set("imageferry.upload.concurrency", Integer.toString(UPLOADS))
                            .set("imageferry.drop.deduplicate", "false")
                            .set("imageferry.shutdown.grace", "1s") // for the end of the test
                            .set("imageferry.upload.bandwidth", Long.toString(LIMITS.getFirst()))
                            .start()) {
                for (int i = 0; i < UPLOADS; i++) {
                    Files.createLink(daemon.dropFolder().resolve("image-" + i + ".img.gz"), file);
                }
                daemon.await("the uploads", BenchDaemon.LIMIT, () -> linode.putsInProgress() == UPLOADS);
                measure(section, daemon, line);
            }
        });
    }

    private static void measure(Section section, DaemonProcess daemon, ThrottledLine line) throws Exception {
        List<Double> measured = new ArrayList<>();
        List<Double> limits = new ArrayList<>();
        for (long limit : LIMITS) {
            HttpRequest change = HttpRequest.newBuilder(daemon.address().resolve("/api/v1/bandwidth"))
                    .header("Content-Type", "application/json")
                    .PUT(HttpRequest.BodyPublishers.ofString("{\"limit\":\"" + limit + "\"}"))
                    .build();
            assertThat(daemon.send(change).statusCode()).isBetween(200, 204);
            TimeUnit.SECONDS.sleep(CHANGE_SECONDS);
            long start = System.nanoTime();
            TimeUnit.SECONDS.sleep(SECONDS);
            List<Double> seconds = line.megabytesPerSecond(start, System.nanoTime());
            double worst = seconds.stream()
                    .mapToDouble(sent -> Math.abs(sent - limit / 1e6) / (limit / 1e6) * 100)
                    .max()
                    .orElseThrow();
            double mean =
                    seconds.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
            measured.addAll(seconds);
            limits.addAll(Collections.nCopies(seconds.size(), limit / 1e6));
            section.row(Row.of("Deviation of the worst second from %,d bytes/s".formatted(limit), worst, "%")
                            .aim(Aim.atMost(1)))
                    .row(Row.of("Mean", mean, "MB/s").beside("limit", limit / 1e6));
        }
        section.plot(new Plot("bandwidth", "Bandwidth limit", "seconds", "MB/s")
                .perSecond("limit", limits)
                .perSecond("sent", measured));
    }
}
