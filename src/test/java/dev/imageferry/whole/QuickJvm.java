package dev.imageferry.whole;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * JVM options for a fast start of the packaged jar, which the tests start hundreds of times: only the first compiler, the serial
 * collector, and the AOT cache of {@code bin/imageferry-aot}. Without one, a class data archive that the first daemon writes when it
 * stops normally.
 */
public final class QuickJvm {
    private QuickJvm() {}

    /** Returns the java command and options to put before {@code -jar}. Later options override them. */
    public static List<String> command() {
        Path jar = Path.of(Objects.requireNonNull(System.getProperty("imageferry.jar"), "imageferry.jar"));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xlog:disable")); // an incompatible archive is ignored without a warning
        Path cache = jar.resolveSibling("imageferry.aot");
        if (Files.exists(cache)) {
            command.add("-XX:AOTCache=" + cache);
        } else {
            command.add("-XX:+AutoCreateSharedArchive");
            command.add("-XX:SharedArchiveFile=" + jar.resolveSibling("tests.jsa"));
        }
        return List.copyOf(command);
    }
}
