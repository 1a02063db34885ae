package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The AOT cache that the build wrote with {@code bin/imageferry-aot}. */
class AotCacheIT {
    private static final Path JAR =
            Path.of(Objects.requireNonNull(System.getProperty("imageferry.jar"), "imageferry.jar"));

    @Test
    void the_cache_fits_the_jar_and_the_options_of_the_launcher() throws Exception {
        // Java exits with an error if it cannot use the cache
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Launcher.options());
        command.addAll(List.of("-XX:AOTMode=on", "-Xlog:class+load", "-jar", JAR.toString(), "--version"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output.lines().filter(line -> line.contains("dev.imageferry.worker.Dispatcher ")))
                .as("a class that only the daemon uses")
                .singleElement()
                .asString()
                .contains("source: shared objects file");
    }
}
