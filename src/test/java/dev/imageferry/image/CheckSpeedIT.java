package dev.imageferry.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.bench.BenchReport;
import dev.imageferry.bench.Plot;
import dev.imageferry.bench.Row;
import dev.imageferry.bench.Section;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Compares the speed of a check with simpler ways to read the same file, with JMH: {@code ./mvnw verify -Pbench
 * -Dit.test=CheckSpeedIT}. Defaults: {@code -Dbench.image-megabytes=1024} and {@code -Dbench.rounds=5}.
 */
@Tag("bench")
class CheckSpeedIT {
    private static final int IMAGE_MEGABYTES = Integer.getInteger("bench.image-megabytes", 1024);
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final int LEAST_COPIED_BYTES = 128 * 1024;

    @TempDir
    Path folder;

    @Test
    void compares_a_check_with_decompression_alone() throws Exception {
        BenchReport.measure("Check", this::measure);
    }

    private void measure(Section section) throws Exception {
        // given
        RealTools.require("mkfs.ext4", "gzip", "pigz");
        Path file = image();
        CheckBenchmark plain = new CheckBenchmark(file);
        long bytes = ((long) IMAGE_MEGABYTES) << 20;
        assertThat(plain.check())
                .isEqualTo(plain.bareGzipInputStream())
                .isEqualTo(plain.zcat())
                .isEqualTo(plain.pigz())
                .isEqualTo(plain.zcatThenSha256sum())
                .isEqualTo(bytes);

        // when
        Map<String, Double> seconds = new LinkedHashMap<>();
        for (RunResult result : new Runner(new OptionsBuilder()
                        .include(CheckBenchmark.class.getName())
                        .measurementIterations(ROUNDS)
                        .timeout(TimeValue.minutes(10))
                        .jvmArgsAppend("-D" + CheckBenchmark.FILE_PROPERTY + "=" + file)
                        .build())
                .run()) {
            seconds.put(
                    result.getPrimaryResult().getLabel(),
                    result.getPrimaryResult().getStatistics().getPercentile(50));
        }

        // then
        assertThat(seconds).hasSize(5);
        double check = Objects.requireNonNull(seconds.get("check"));
        section.about("An ext4 image of %,d MiB, %,d bytes compressed; median of %d."
                .formatted(IMAGE_MEGABYTES, Files.size(file), ROUNDS));
        Plot plot = new Plot("check", "Time for one file", "", "seconds");
        seconds.forEach((name, taken) -> {
            plot.bar(name, taken);
            if (!name.equals("check")) {
                section.row(Row.of("Time", check, "s").beside(name, taken));
            }
        });
        section.plot(plot);
    }

    /** An ext4 file system with the programs and libraries of this machine, three quarters full, compressed by {@code gzip}. */
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
                return left < LEAST_COPIED_BYTES ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                // a folder that only root can read is left out
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
