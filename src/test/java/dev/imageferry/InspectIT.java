package dev.imageferry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command {@code inspect} of the packaged jar, without a token and without a daemon. */
class InspectIT {
    @TempDir
    Path directory;

    private Path disk() throws IOException {
        Path file = directory.resolve("disk.img.gz");
        try (OutputStream gzip = new GZIPOutputStream(Files.newOutputStream(file))) {
            gzip.write(new byte[4096]);
        }
        return file;
    }

    private String inspect(int status, Map<String, String> environment, String... arguments) throws Exception {
        String[] all = new String[arguments.length + 1];
        all[0] = "inspect";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        try (JarProcess inspect = JarProcess.start(directory, environment, List.of(), all)) {
            assertThat(inspect.awaitExit()).as(inspect.text()).isEqualTo(status);
            assertThat(directory.resolve("data")).as("nothing of the daemon").doesNotExist();
            return inspect.text();
        }
    }

    @Test
    void accepts_a_good_file_and_prints_only_the_array() throws Exception {
        String text = inspect(0, Map.of(), "--json", disk().toString());

        assertThat(text).startsWith("[ {").endsWith("} ]\n").contains("\"ok\" : true", "\"uncompressedBytes\" : 4096");
    }

    @Test
    void applies_the_limits_of_the_settings() throws Exception {
        String text = inspect(1, Map.of("IMAGEFERRY_LIMITS_UNCOMPRESSED", "4095"), disk().toString());

        assertThat(text).contains("too-large-uncompressed", "limit (imageferry.limits.uncompressed)");
    }

    @Test
    void refuses_wrong_arguments_with_one_line() throws Exception {
        assertThat(inspect(2, Map.of()).lines())
                .singleElement()
                .asString()
                .contains("inspect requires at least one file; usage:");
    }

    @Test
    void refuses_a_bad_setting_with_one_line() throws Exception {
        assertThat(inspect(2, Map.of("IMAGEFERRY_CHECK_CONTENTS", "lax"), disk().toString())
                        .lines())
                .singleElement()
                .asString()
                .contains("imageferry.check.contents=lax");
    }
}
