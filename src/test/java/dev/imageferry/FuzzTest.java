package dev.imageferry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fuzzes all parsers of untrusted input with Jazzer, starting with the saved seeds and with limited memory. */
@Tag("exhaustive")
class FuzzTest {
    private static final long SECONDS = Long.getLong("fuzz.seconds", 3);
    private static final long START_SECONDS = 300; // only a safeguard
    private static final Pattern NEEDED = Pattern.compile(
            "classes$|/(jazzer|jackson|snakeyaml|commons-|jspecify|jboss-logging|smallrye-config)[^/]*$");

    @ParameterizedTest
    @CsvSource({
        "inspector, dev.imageferry.image.InspectorFuzz",
        "probe, dev.imageferry.image.ProbeFuzz",
        "metadata, dev.imageferry.drop.MetadataFuzz"
    })
    void throws_only_declared_exceptions(String name, String target) throws IOException, InterruptedException {
        Path kept = Files.createDirectories(Path.of("target", "fuzz", name));
        Path log = kept.resolveSibling(name + ".log");
        Process jazzer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:MaxDirectMemorySize=32m",
                        "-cp",
                        classpath(),
                        "com.code_intelligence.jazzer.Jazzer",
                        "--target_class=" + target,
                        "--instrumentation_includes=dev.imageferry.**",
                        "--custom_hook_includes=dev.imageferry.**",
                        "--reproducer_path=target/fuzz",
                        "-artifact_prefix=target/fuzz/" + name + "-",
                        "-max_total_time=" + SECONDS,
                        "-max_len=70000", // btrfs has its superblock at 64 KiB
                        "-timeout=10",
                        "-rss_limit_mb=0", // the heap is limited instead; the rest is used by the fuzzer
                        // size
                        kept.toString(),
                        Path.of("src", "test", "resources", "fuzz", name).toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(jazzer.waitFor(SECONDS + START_SECONDS, TimeUnit.SECONDS))
                    .as("%s is ready, see %s", target, log)
                    .isTrue();
        } finally {
            jazzer.destroyForcibly();
        }
        String said = Files.readString(log);
        assertThat(jazzer.exitValue()).as("%s said%n%s", target, said).isZero();
        assertThat(said).contains("INFO: seed corpus: files: ").containsPattern("Done \\d+ runs");
    }

    /** Jazzer scans the whole class path at the start, which takes a minute and more memory than the targets have. */
    private static String classpath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> NEEDED.matcher(entry).find())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
