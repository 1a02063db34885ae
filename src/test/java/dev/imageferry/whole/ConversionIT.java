package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.RealTools;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of other formats in the packaged daemon, one of them killed during the conversion. */
class ConversionIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** Takes seconds to convert, so that the kill hits the conversion. */
    private static final int RAW_MEGABYTES = 400;

    @TempDir
    Path directory;

    private static void random(Path file) throws IOException {
        byte[] block = new byte[1 << 20];
        Random random = new Random(1);
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int written = 0; written < RAW_MEGABYTES; written++) {
                random.nextBytes(block);
                out.write(block);
            }
        }
    }

    private static List<String> hidden(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.contains("-prepared"))
                    .toList();
        }
    }

    @Test
    void a_kill_during_the_conversion_leaves_nothing_and_costs_no_attempt() throws Exception {
        RealTools.require("qemu-img");
        Path raw = directory.resolve("raw");
        random(raw);
        Path disk = directory.resolve("disk.qcow2");
        DiskImages.run(List.of("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw.toString(), disk.toString()));
        String sourceHash = DiskImages.sha256(disk);
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess daemon = DaemonProcess.in(directory, linode)
                        .set("imageferry.drop.convert", "true")
                        .start()) {
            Path drop = daemon.dropFolder();
            Files.move(disk, drop.resolve("disk.qcow2"));
            daemon.await("progress of the conversion", LIMIT, () -> isConverting(daemon));
            daemon.kill();
            assertThat(hidden(drop))
                    .as("files of the conversion, not complete and of one claim")
                    .isNotEmpty()
                    .allMatch(name -> name.matches("\\.imageferry-[0-9a-f-]{36}-prepared-[0-9]+\\.[a-z]+"));
            Files.writeString(
                    drop.resolve(".imageferry-00000000-0000-0000-0000-000000000001-prepared-1.raw"),
                    "of a job that does not exist");

            daemon.start();
            JobStory story =
                    JobStory.awaitArchived(daemon, "disk.qcow2", 1, LIMIT).getFirst();

            assertThat(story.details()).containsOnlyOnce("converted");
            assertThat(linode.everCreated()).hasSize(1);
            assertThat(linode.images()).singleElement().matches(SimulatedImage::isAvailable);
            assertThat(hidden(drop)).isEmpty();
            assertThat(DiskImages.sha256(drop.resolve("done/disk.qcow2"))).isEqualTo(sourceHash);
            JsonNode job = daemon.job("disk.qcow2");
            assertThat(job.get("sha256").asText()).isEqualTo(sourceHash);
            assertThat(job.get("uncompressedBytes").asLong()).isEqualTo(Files.size(raw));
        }
    }

    private static boolean isConverting(DaemonProcess daemon) {
        return daemon.jobs().stream()
                .anyMatch(job -> job.get("state").asText().equals("CONVERTING")
                        && job.get("progress").get("percent").asDouble() > 5);
    }
}
