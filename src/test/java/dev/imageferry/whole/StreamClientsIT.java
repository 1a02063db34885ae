package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.bench.BenchReport;
import dev.imageferry.bench.Row;
import dev.imageferry.bench.Section;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Measures how 200 clients of the stream slow down uploads: {@code ./mvnw verify -Pbench -Dit.test=StreamClientsIT}. Default: {@code -Dbench.stream.megabytes=300}. */
@Tag("bench")
class StreamClientsIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int UPLOADS = 8;
    private static final int CLIENTS = 200;
    private static final int ROUNDS = 3;
    private static final long CONTENT_BYTES = Integer.getInteger("bench.stream.megabytes", 300) * 1_000_000L;

    @TempDir
    Path directory;

    private int dropped;

    @Test
    void measures_eight_uploads_with_and_without_200_stream_clients() throws Exception {
        BenchReport.measure("Stream clients", this::measure);
    }

    private void measure(Section section) throws Exception {
        section.about("%d rounds of %d uploads of %,d bytes, in turn without and with %d clients of /api/v1/stream."
                .formatted(ROUNDS, UPLOADS, CONTENT_BYTES, CLIENTS));
        // given
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess daemon = DaemonProcess.in(directory, linode)
                        .jvm("-XX:TieredStopAtLevel=4")
                        .set("imageferry.upload.concurrency", Integer.toString(UPLOADS))
                        .set("imageferry.drop.deduplicate", "false")
                        .start()) {
            Path made = directory.resolve("made");
            CraftedGzip.storedHoles(made, CONTENT_BYTES);
            seconds(daemon, made); // warm-up

            // when
            double without = 0;
            double with = 0;
            for (int round = 0; round < ROUNDS; round++) {
                without += seconds(daemon, made);
                List<EventReader> clients = new ArrayList<>();
                try {
                    for (int i = 0; i < CLIENTS; i++) {
                        clients.add(EventReader.of(daemon.address().resolve("/api/v1/stream")));
                    }
                    with += seconds(daemon, made);
                } finally {
                    clients.forEach(EventReader::close);
                }
            }

            // then
            section.row(Row.of("Throughput with %d clients".formatted(CLIENTS), megabytesPerSecond(with), "MB/s")
                    .beside("without", megabytesPerSecond(without)));
            assertThat(linode.images()).hasSize(UPLOADS * (2 * ROUNDS + 1));
        }
    }

    /** Seconds from resuming the queue until the last upload has ended. */
    private double seconds(DaemonProcess daemon, Path made) throws Exception {
        post(daemon, "pause");
        for (int i = 0; i < UPLOADS; i++) {
            Files.createLink(daemon.dropFolder().resolve("image-" + dropped++ + ".img.gz"), made);
        }
        daemon.await("the checks", LIMIT, () -> count(daemon, "READY") == UPLOADS);
        long start = System.nanoTime();
        post(daemon, "resume");
        daemon.await("the uploads", LIMIT, () -> count(daemon, "AVAILABLE") == dropped);
        return (System.nanoTime() - start) / 1e9;
    }

    private static double megabytesPerSecond(double seconds) {
        return ROUNDS * UPLOADS * CONTENT_BYTES / seconds / 1e6;
    }

    private static void post(DaemonProcess daemon, String what) {
        assertThat(daemon.post("/api/v1/queue/" + what).statusCode()).isEqualTo(204);
    }

    private static int count(DaemonProcess daemon, String state) {
        return daemon.json("/api/v1/summary").get("jobs").get(state).asInt();
    }
}
