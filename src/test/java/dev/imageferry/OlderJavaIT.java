package dev.imageferry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The packaged jar under an older Java than it needs. */
class OlderJavaIT {
    private static final Pattern VERSION = Pattern.compile("JAVA_VERSION=\"(\\d+)");

    @Test
    void the_only_line_names_the_version_that_is_needed() throws IOException, InterruptedException {
        Optional<Path> older = olderJava();
        assumeTrue(older.isPresent(), "no Java from 17 to 24 in /usr/lib/jvm");

        Process process = new ProcessBuilder(
                        older.get().toString(), "-jar", Objects.requireNonNull(System.getProperty("imageferry.jar")))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(output.lines()).singleElement().asString().startsWith("imageferry: Java 25 or newer is needed");
    }

    private static Optional<Path> olderJava() throws IOException {
        try (Stream<Path> homes = Files.list(Path.of("/usr/lib/jvm"))) {
            return homes.filter(home -> isOlder(home.resolve("release")))
                    .map(home -> home.resolve("bin/java"))
                    .filter(Files::isExecutable)
                    .findFirst();
        }
    }

    private static boolean isOlder(Path release) {
        if (!Files.isRegularFile(release)) {
            return false;
        }
        try {
            Matcher version = VERSION.matcher(Files.readString(release));
            return version.find()
                    && Integer.parseInt(version.group(1)) >= 17
                    && Integer.parseInt(version.group(1)) < 25;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
