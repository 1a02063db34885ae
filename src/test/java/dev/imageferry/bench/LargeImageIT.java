package dev.imageferry.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.RealTools;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.whole.DaemonProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the time of one large image with that of its check and its PUT alone: {@code ./mvnw verify -Pbench
 * -Dit.test=LargeImageIT}. Defaults: {@code -Dbench.large.megabytes=2000} and {@code -Dbench.large.rounds=3}.
 */
@Tag("bench")
class LargeImageIT {
    private static final int MEGABYTES = Integer.getInteger("bench.large.megabytes", 2000);
    private static final int ROUNDS = Integer.getInteger("bench.large.rounds", 3);

    @TempDir
    Path directory;

    @Test
    void one_large_image() throws Exception {
        BenchReport.measure("One large image", section -> {
            RealTools.require("curl");
            section.about("Median of %d rounds with a file of %,d MB; the three are measured in turn."
                    .formatted(ROUNDS, MEGABYTES));
            Path file = BenchFiles.random(directory.resolve("large"), MEGABYTES * 1_000_000L, 1);
            try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                    DaemonProcess daemon = BenchDaemon.in(directory, linode)
                            .set("imageferry.drop.deduplicate", "false")
                            .start()) {
                List<Double> ours = new ArrayList<>();
                List<Double> check = new ArrayList<>();
                List<Double> put = new ArrayList<>();
                for (int round = 0; round < ROUNDS; round++) {
                    check.add(inspect(file));
                    put.add(curl(file, Uploads.address(linode.uri(), linode.token())));
                    ours.add(queuedToProcessing(daemon, file, "large-" + round + ".img.gz"));
                }
                section.row(Row.of("From QUEUED to PROCESSING", Figures.median(ours), "s")
                                .beside("inspect, then curl -T", Figures.median(check) + Figures.median(put))
                                .aim(Aim.ratioAtMost(1.1)))
                        .row(Row.of("inspect alone", Figures.median(check), "s")
                                .beside("curl -T alone", Figures.median(put)));
            }
        });
    }

    private static double queuedToProcessing(DaemonProcess daemon, Path file, String name) throws Exception {
        Files.createLink(daemon.dropFolder().resolve(name), file);
        daemon.await(
                name,
                BenchDaemon.LIMIT,
                () -> daemon.jobs().stream()
                        .anyMatch(job -> job.get("file").asText().equals(name)
                                && job.get("state").asText().equals("AVAILABLE")));
        JsonNode job = daemon.job(name);
        for (JsonNode entry : daemon.json("/api/v1/jobs/" + job.get("id").asText() + "/history")) {
            if (entry.get("to").asText().equals("PROCESSING")) {
                return Duration.between(instant(job.get("createdAt")), instant(entry.get("at")))
                                .toNanos()
                        / 1e9;
            }
        }
        throw new AssertionError("no PROCESSING in the history of " + name);
    }

    private static Instant instant(JsonNode text) {
        return Instant.parse(text.asText());
    }

    /** With the JVM options of {@code bin/imageferry}. */
    private static double inspect(Path file) throws Exception {
        return run(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-jar",
                Objects.requireNonNull(System.getProperty("imageferry.jar"), "imageferry.jar"),
                "inspect",
                file.toString()));
    }

    private static double curl(Path file, String address) throws Exception {
        return run(List.of("curl", "-sSf", "-H", Uploads.CONTENT_TYPE, "-T", file.toString(), address));
    }

    private static double run(List<String> command) throws Exception {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return BenchDaemon.seconds(start, System.nanoTime());
    }
}
