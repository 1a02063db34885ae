package dev.imageferry.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Where a report was made. */
record Machine(int cores, String processor, double memoryGigabytes, String java, String kernel) {
    static Machine here() {
        return new Machine(
                Runtime.getRuntime().availableProcessors(),
                field("/proc/cpuinfo", "model name"),
                Double.parseDouble(field("/proc/meminfo", "MemTotal")
                                .replace("kB", "")
                                .strip())
                        * 1024
                        / 1e9,
                Runtime.version() + " (" + System.getProperty("java.vendor") + ")",
                System.getProperty("os.name") + " " + System.getProperty("os.version"));
    }

    /** Returns a value of a file with lines {@code name: value}. */
    private static String field(String file, String name) {
        try {
            return Files.readAllLines(Path.of(file)).stream()
                    .filter(line -> line.startsWith(name) && line.contains(":"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String text() {
        return String.format(
                Locale.ROOT,
                "Machine: %d cores (%s), %.1f GB of memory, Java %s, %s.",
                cores,
                processor,
                memoryGigabytes,
                java,
                kernel);
    }
}
