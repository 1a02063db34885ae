package dev.imageferry.whole;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * A JVM for the packaged jar that is quick to start, because the tests start it hundreds of times: no second compiler, the
 * smallest collector, and the loaded classes in an archive beside the jar, which the first daemon that ends in peace writes.
 */
public final class QuickJvm {
    private QuickJvm() {}

    /** The program and its options, to stand before {@code -jar}; an option after them wins. */
    public static List<String> command() {
        Path jar = Path.of(Objects.requireNonNull(System.getProperty("imageferry.jar"), "imageferry.jar"));
        Path archive = jar.resolveSibling("tests.jsa");
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + archive,
                "-Xlog:disable"); // an archive that does not fit is left aside in silence
    }
}
