package dev.imageferry.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.bench.Aim;
import dev.imageferry.bench.BenchReport;
import dev.imageferry.bench.LibraryDisk;
import dev.imageferry.bench.Plot;
import dev.imageferry.bench.Row;
import dev.imageferry.bench.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
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
        boolean hasIsal = IsalLibrary.installed().isPresent();
        long bytes = ((long) IMAGE_MEGABYTES) << 20;
        assertThat(plain.jdk())
                .isEqualTo(hasIsal ? plain.isal() : bytes)
                .isEqualTo(plain.gzipInputStream())
                .isEqualTo(plain.zcat())
                .isEqualTo(plain.pigz())
                .isEqualTo(plain.zcatThenSha256sum())
                .isEqualTo(bytes);

        // when
        Map<String, Double> seconds = new LinkedHashMap<>();
        for (RunResult result : new Runner(new OptionsBuilder()
                        .include(CheckBenchmark.class.getName())
                        .exclude(hasIsal ? "^$" : "\\.isal$")
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
        section.about("An ext4 image of %,d MiB, %,d bytes compressed; median of %d."
                .formatted(IMAGE_MEGABYTES, Files.size(file), ROUNDS));
        if (hasIsal) {
            row(section, seconds, "isal", "zcat", Aim.ratioAtMost(0.33));
            row(section, seconds, "isal", "pigz", null);
            row(section, seconds, "isal", "zcatThenSha256sum", null);
        } else {
            section.row(Row.missing("isal", "ISA-L is not installed (Debian: libisal2)"));
        }
        row(section, seconds, "jdk", "zcat", Aim.ratioAtMost(0.55));
        row(section, seconds, "jdk", "gzipInputStream", Aim.ratioAtMost(1.1));
        Plot plot = new Plot("check", "Time for one file", "", "seconds");
        seconds.forEach(plot::bar);
        section.plot(plot);
    }

    private static void row(
            Section section, Map<String, Double> seconds, String what, String beside, @Nullable Aim aim) {
        Row row = Row.of("Check, " + what, Objects.requireNonNull(seconds.get(what)), "s")
                .beside(beside, Objects.requireNonNull(seconds.get(beside)));
        section.row(aim == null ? row : row.aim(aim));
    }

    /** A disk with the content of a real system, compressed by {@code gzip}. */
    private Path image() throws IOException, InterruptedException {
        LibraryDisk.make(folder.resolve("disk.img"), IMAGE_MEGABYTES);
        new DiskFiles(folder).run("gzip", "disk.img");
        return folder.resolve("disk.img.gz");
    }
}
