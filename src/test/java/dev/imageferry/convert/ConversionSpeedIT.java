package dev.imageferry.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.bench.Aim;
import dev.imageferry.bench.BenchReport;
import dev.imageferry.bench.LibraryDisk;
import dev.imageferry.bench.Plot;
import dev.imageferry.bench.Row;
import dev.imageferry.bench.Section;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares conversions with the tools that do the same: {@code ./mvnw verify -Pbench -Dit.test=ConversionSpeedIT}. Defaults: {@code
 * -Dbench.convert.megabytes=1024} and {@code -Dbench.convert.rounds=3}.
 */
@Tag("bench")
class ConversionSpeedIT {
    private static final int MEGABYTES = Integer.getInteger("bench.convert.megabytes", 1024);
    private static final int ROUNDS = Integer.getInteger("bench.convert.rounds", 3);
    private static final int THREADS = Runtime.getRuntime().availableProcessors();
    private static final Aim NOT_SLOWER = Aim.ratioAtMost(1.0);

    @TempDir
    Path folder;

    private ImageFiles files;

    @BeforeEach
    void useFolder() {
        files = new ImageFiles(folder);
    }

    @Test
    void compares_conversions_with_tools() throws Exception {
        BenchReport.measure("Conversion", this::measure);
    }

    private void measure(Section section) throws Exception {
        RealTools.require("mkfs.ext4", "qemu-img", "xz", "pigz");
        LibraryDisk.make(files.at("disk.img"), MEGABYTES);
        files.run("xz -T0 -1 -k disk.img && qemu-img convert -O qcow2 disk.img disk.qcow2");
        section.about(
                "An ext4 image of %,d MiB, %d threads; median of %d, in turns.".formatted(MEGABYTES, THREADS, ROUNDS));
        Plot plot = new Plot("conversion", "Time for one conversion", "", "seconds");
        compare(section, plot, "disk.img.xz", "xz -dc | pigz", "xz -dc disk.img.xz | pigz -p %d > tool.img.gz");
        compare(
                section,
                plot,
                "disk.qcow2",
                "qemu-img convert, then pigz",
                "qemu-img convert -O raw disk.qcow2 tool.img && pigz -p %d -f tool.img");
        compare(section, plot, "disk.img", "pigz", "pigz -p %d -c disk.img > tool.img.gz");
        section.plot(plot);
    }

    private void compare(Section section, Plot plot, String source, String tool, String command) throws Exception {
        double[] ours = new double[ROUNDS];
        double[] theirs = new double[ROUNDS];
        long ourBytes = 0;
        long theirBytes = 0;
        Converter converter = new Converter(ImageFiles.LIMITS, THREADS, false);
        for (int round = 0; round < ROUNDS; round++) {
            ours[round] = seconds(() -> assertThat(converter.convert(
                            files.at(source), files.target(), new ImageFiles.CountedSpace(), (done, total) -> {}))
                    .isInstanceOf(Conversion.Made.class));
            theirs[round] = seconds(() -> files.run(command.formatted(THREADS)));
            ourBytes = Files.size(files.target());
            theirBytes = Files.size(files.at("tool.img.gz"));
            Files.delete(files.target());
            Files.delete(files.at("tool.img.gz"));
        }
        section.row(Row.of("Time for " + source, median(ours), "s")
                .beside(tool, median(theirs))
                .aim(NOT_SLOWER));
        section.row(
                Row.of("Size of the result for " + source, ourBytes / 1e6, "MB").beside(tool, theirBytes / 1e6));
        plot.bar(source, median(ours)).bar(tool, median(theirs));
    }

    @FunctionalInterface
    private interface Action {
        void run() throws Exception;
    }

    private static double seconds(Action action) throws Exception {
        long start = System.nanoTime();
        action.run();
        return (System.nanoTime() - start) / 1e9;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
