package dev.imageferry.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a check costs beside the plain ways to read the same file: each in turn, round after round, on the same machine, and
 * of each the median. {@code ./mvnw verify -Pbench -Dit.test=CheckSpeedIT}; {@code -Dbench.image-megabytes=1024} and
 * {@code -Dbench.rounds=5} are what it does without.
 */
@Tag("bench")
class CheckSpeedIT {
    private static final int IMAGE_MEGABYTES = Integer.getInteger("bench.image-megabytes", 1024);
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final int BUFFER_BYTES = 128 * 1024;
    private static final String BARE = "bare GZIPInputStream";

    @TempDir
    Path folder;

    @Test
    void a_check_beside_inflating_alone() throws Exception {
        // given
        RealTools.require("mkfs.ext4", "gzip", "pigz");
        Path file = image();
        Map<String, Callable<Long>> contenders = new LinkedHashMap<>();
        contenders.put("check", () -> DiskFiles.fit(file).uncompressedBytes());
        contenders.put(BARE, () -> inflate(file));
        contenders.put("zcat FILE | wc -c", () -> shell("zcat \"$0\" | wc -c", file));
        contenders.put("pigz -dc FILE | wc -c", () -> shell("pigz -dc \"$0\" | wc -c", file));
        contenders.put("zcat FILE | wc -c; sha256sum FILE", () -> shell("zcat \"$0\" | wc -c; sha256sum \"$0\"", file));

        // when
        Map<String, List<Long>> nanos = new LinkedHashMap<>();
        for (int round = 0; round <= ROUNDS; round++) {
            for (Map.Entry<String, Callable<Long>> contender : contenders.entrySet()) {
                long begun = System.nanoTime();
                long bytes = contender.getValue().call();
                long taken = System.nanoTime() - begun;
                // then
                assertThat(bytes).as(contender.getKey()).isEqualTo(((long) IMAGE_MEGABYTES) << 20);
                if (round > 0) { // the first warms up the page cache and the compiler
                    nanos.computeIfAbsent(contender.getKey(), name -> new ArrayList<>())
                            .add(taken);
                }
            }
        }
        print(Files.size(file), nanos);
    }

    private static void print(long compressedBytes, Map<String, List<Long>> nanos) {
        double check = median(Objects.requireNonNull(nanos.get("check")));
        System.out.printf(
                "%nCheck of a %,d MiB ext4 image, %,d bytes compressed; median of %d rounds, %d cores, Java %s%n",
                IMAGE_MEGABYTES,
                compressedBytes,
                ROUNDS,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        System.out.printf("%-36s %9s %9s %16s%n", "", "seconds", "MiB/s", "check's is times");
        nanos.forEach((name, all) -> {
            double seconds = median(all);
            System.out.printf("%-36s %9.2f %9.0f %16.2f%n", name, seconds, IMAGE_MEGABYTES / seconds, check / seconds);
        });
    }

    /** Seconds. */
    private static double median(List<Long> nanos) {
        List<Long> sorted = nanos.stream().sorted().toList();
        return sorted.get(sorted.size() / 2) / 1e9;
    }

    private static long inflate(Path file) throws IOException {
        byte[] chunk = new byte[BUFFER_BYTES];
        long bytes = 0;
        try (InputStream input = new GZIPInputStream(Files.newInputStream(file), BUFFER_BYTES)) {
            for (int count = input.read(chunk); count >= 0; count = input.read(chunk)) {
                bytes += count;
            }
        }
        return bytes;
    }

    /** The number that the script prints first. */
    private static long shell(String script, Path file) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("bash", "-o", "pipefail", "-c", script, file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(script).isZero();
        return Long.parseLong(printed.lines().findFirst().orElseThrow().strip());
    }

    /** An ext4 with this machine's own programs and libraries, three quarters full, as {@code gzip} compresses it. */
    private Path image() throws IOException {
        DiskFiles files = new DiskFiles(folder);
        Path tree = Files.createDirectory(folder.resolve("usr"));
        copyUpTo((((long) IMAGE_MEGABYTES) << 20) / 4 * 3, tree);
        files.sparse("disk.img", ((long) IMAGE_MEGABYTES) << 20);
        files.run("mkfs.ext4", "-q", "-F", "-d", tree.toString(), "disk.img");
        files.run("gzip", "disk.img");
        return folder.resolve("disk.img.gz");
    }

    private static void copyUpTo(long bytes, Path tree) throws IOException {
        Files.walkFileTree(Path.of("/usr/lib"), new SimpleFileVisitor<>() {
            private long left = bytes;
            private int copied;

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile() && attributes.size() <= left && Files.isReadable(file)) {
                    Files.copy(file, tree.resolve(copied++ + "-" + file.getFileName()));
                    left -= attributes.size();
                }
                return left < BUFFER_BYTES ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                // a folder of root's: this image goes without it
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
