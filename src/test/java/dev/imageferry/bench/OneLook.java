package dev.imageferry.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A program that reads one symbolic link a second. Measured beside the idle daemon, because on many machines the same instructions
 * take several times as long while nothing else runs.
 */
final class OneLook {
    private OneLook() {}

    /** Runs until it is ended. */
    public static void main(String[] args) throws IOException, InterruptedException {
        while (true) {
            var _ = Files.readSymbolicLink(Path.of("/proc/self/exe"));
            TimeUnit.SECONDS.sleep(1);
        }
    }

    static Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OneLook.class.getName())
                .inheritIO()
                .start();
    }
}
