package dev.imageferry.bench;

import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.whole.CraftedGzip;
import dev.imageferry.whole.DaemonProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures the memory of a daemon with many large uploads and a small heap: {@code ./mvnw verify -Pbench
 * -Dit.test=BusyMemoryIT}. Default: {@code -Dbench.memory.megabytes=2000}.
 */
@Tag("bench")
class BusyMemoryIT {
    private static final int MEGABYTES = Integer.getInteger("bench.memory.megabytes", 2000);
    private static final int UPLOADS = 16;
    private static final int SMALLER = 10;
    private static final int SAMPLE_MILLISECONDS = 500;

    @TempDir
    Path directory;

    private int dropped;

    @Test
    void large_uploads_in_a_small_heap() throws Exception {
        BenchReport.measure("Busy memory", section -> {
            section.about(
                    "Peak of the daemon's memory (PSS) with -Xmx128m while it checks and uploads files of %,d MB, %d at once."
                            .formatted(MEGABYTES, UPLOADS));
            Path large = directory.resolve("large");
            Path small = directory.resolve("small");
            CraftedGzip.storedHoles(large, MEGABYTES * 1_000_000L);
            CraftedGzip.storedHoles(small, MEGABYTES * 1_000_000L / SMALLER);
            double few = peak(large, 2, "two", new ArrayList<>());
            double many = peak(small, UPLOADS, "small", new ArrayList<>());
            List<Plot.Point> course = new ArrayList<>();
            double most = peak(large, UPLOADS, "large", course);
            section.row(Row.of("%d files of %,d MB".formatted(UPLOADS, MEGABYTES), most, "MB")
                            .beside("%d files of %,d MB".formatted(UPLOADS, MEGABYTES / SMALLER), many)
                            .aim(Aim.ratioAtMost(1.1)))
                    .row(Row.of("%d files of %,d MB".formatted(UPLOADS, MEGABYTES), most, "MB")
                            .beside("2 files of %,d MB".formatted(MEGABYTES), few)
                            .aim(Aim.ratioAtMost(1.1)))
                    .plot(new Plot("busy-memory", "Memory of the daemon with -Xmx128m", "seconds", "MB")
                            .line("%d files of %,d MB".formatted(UPLOADS, MEGABYTES), course));
        });
    }

    /** Returns the most megabytes that a new daemon needs for so many uploads of the file. */
    private double peak(Path file, int uploads, String name, List<Plot.Point> course) throws Exception {
        Path work = Files.createDirectory(directory.resolve("daemon-" + name));
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess daemon = BenchDaemon.in(work, linode)
                        .jvm("-Xmx128m")
                        .set("imageferry.upload.concurrency", Integer.toString(uploads))
                        .set("imageferry.check.concurrency", Integer.toString(uploads))
                        .set("imageferry.drop.deduplicate", "false")
                        .start()) {
            for (int i = 0; i < uploads; i++) {
                Files.createLink(daemon.dropFolder().resolve("image-" + dropped++ + ".img.gz"), file);
            }
            ProcessHandle process = daemon.process().toHandle();
            long start = System.nanoTime();
            double most = 0;
            while (BenchDaemon.count(daemon, "AVAILABLE") < uploads) {
                double now = ProcessUse.of(process).residentMegabytes();
                course.add(new Plot.Point(BenchDaemon.seconds(start, System.nanoTime()), now));
                most = Math.max(most, now);
                if (BenchDaemon.seconds(start, System.nanoTime()) > BenchDaemon.LIMIT.toSeconds()) {
                    throw new AssertionError("timed out; log:\n" + daemon.log());
                }
                TimeUnit.MILLISECONDS.sleep(SAMPLE_MILLISECONDS);
            }
            return most;
        }
    }
}
