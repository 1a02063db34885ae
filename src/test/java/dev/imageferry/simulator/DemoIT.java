package dev.imageferry.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.whole.DiskImages;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo with the packaged jar, as a user sees it on the terminal. */
@Tag("exhaustive")
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DemoIT {
    @TempDir
    private Path directory;

    private @Nullable Process demo;

    @AfterEach
    void stop() throws InterruptedException {
        Process running = Objects.requireNonNull(demo);
        running.destroy();
        if (!running.waitFor(50, TimeUnit.SECONDS)) {
            running.descendants().forEach(ProcessHandle::destroyForcibly);
            running.destroyForcibly();
        }
    }

    @Test
    void shows_each_transition_and_keeps_the_images_for_the_next_start() throws Exception {
        Path image = DiskImages.ext4(directory.resolve("disk.img.gz"), 100_000, 1);
        BufferedReader terminal = start();
        linesUntil(terminal, line -> line.contains("Ctrl-C"));
        Files.copy(image, directory.resolve("data/drop/first.img.gz"));
        assertThat(linesUntil(terminal, line -> line.contains(" → AVAILABLE")))
                .as("transitions and nothing else")
                .allMatch(line -> line.matches("|\\d\\d:\\d\\d:\\d\\d {2}first\\.img\\.gz {2}[A-Z]+ → [A-Z]+ {2}.*"));

        Objects.requireNonNull(demo).toHandle().destroy(); // Process.destroy would close its output
        assertThat(linesUntil(terminal, line -> line.equals("stopped"))).containsExactly("", "stopping", "stopped");

        BufferedReader again = start();
        linesUntil(again, line -> line.contains("Ctrl-C"));
        Files.copy(image, directory.resolve("data/drop/second.img.gz"));
        Files.writeString(directory.resolve("data/drop/second.img.gz.yaml"), "label: first\n");
        assertThat(linesUntil(again, line -> line.contains(" → AVAILABLE")))
                .as("equal content is not uploaded again")
                .noneMatch(line -> line.contains("PROCESSING"));
        assertThat(directory.resolve("data/simulated-linode.json"))
                .content()
                .containsOnlyOnce("\"sha256\" : \"" + DiskImages.sha256(image));
    }

    private BufferedReader start() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Process started = TestJvm.builder(
                        List.of("-Dquarkus.http.port=" + port, "-Dimageferry.drop.settle=300ms"),
                        Demo.class.getName(),
                        List.of(Objects.requireNonNull(System.getProperty("imageferry.jar"), "imageferry.jar")))
                .directory(directory.toFile())
                .start();
        demo = started;
        return started.inputReader(StandardCharsets.UTF_8);
    }

    private static List<String> linesUntil(BufferedReader terminal, Predicate<String> last) throws IOException {
        List<String> lines = new ArrayList<>();
        String line;
        do {
            line = terminal.readLine();
            assertThat(line).as("the end of the output after %s", lines).isNotNull();
            lines.add(line);
        } while (!last.test(line));
        return lines;
    }
}
