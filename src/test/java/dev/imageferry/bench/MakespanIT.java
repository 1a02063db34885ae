package dev.imageferry.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RequestListener;
import dev.imageferry.simulator.RequestListener.Moment;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.whole.DaemonProcess;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the time for many images over one line with that of a shell loop and with the bare line: {@code ./mvnw verify -Pbench
 * -Dit.test=MakespanIT}. Defaults: {@code -Dbench.makespan.images=40} and {@code -Dbench.makespan.megabytes=200} (the largest).
 */
@Tag("bench")
class MakespanIT {
    private static final int IMAGES = Integer.getInteger("bench.makespan.images", 40);
    private static final int MOST_MEGABYTES = Integer.getInteger("bench.makespan.megabytes", 200);
    private static final long SEED = 7;
    private static final long LINE = 50_000_000;
    private static final long CONNECTION = 20_000_000;

    @TempDir
    Path directory;

    private final AtomicLong lastStoredAt = new AtomicLong();

    private record Run(double seconds, List<Double> megabytesPerSecond) {}

    @Test
    void many_images_over_one_line() throws Exception {
        BenchReport.measure("Makespan", section -> {
            RealTools.require("xargs", "curl");
            List<Path> images = images();
            long bytes = 0;
            for (Path image : images) {
                bytes += Files.size(image);
            }
            section.about(
                    "%d images of 1 to %d MB (%.0f MB in all) over a line of 50 MB/s with at most 20 MB/s a connection, from the first job to the last byte. The loop uploads to addresses that were made before, and checks nothing."
                            .formatted(IMAGES, MOST_MEGABYTES, bytes / 1e6));
            try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests())) {
                linode.onRequest(RequestListener.on(
                        Operation.PUT_OBJECT, Moment.HANDLED, put -> lastStoredAt.set(System.nanoTime())));
                Run ours = ours(linode, images);
                Run loop = shellLoop(linode, images);
                double ideal = (double) bytes / LINE;
                section.row(Row.of("Time", ours.seconds(), "s")
                                .beside("bytes / 50 MB/s", ideal)
                                .aim(Aim.ratioAtMost(1.05)))
                        .row(Row.of("Time", ours.seconds(), "s").beside("ls | xargs -P4 curl -T", loop.seconds()))
                        .plot(new Plot("makespan", "Makespan: bytes sent in each second", "seconds", "MB/s")
                                .perSecond("Imageferry", ours.megabytesPerSecond())
                                .perSecond("xargs -P4 curl", loop.megabytesPerSecond())
                                .mark("line", LINE / 1e6));
            }
        });
    }

    private List<Path> images() throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        Path folder = Files.createDirectory(directory.resolve("images"));
        List<Path> images = new ArrayList<>();
        for (int i = 0; i < IMAGES; i++) {
            long megabytes = random.nextInt(1, MOST_MEGABYTES + 1);
            images.add(BenchFiles.random(folder.resolve("image-%02d.img.gz".formatted(i)), megabytes * 1_000_000, i));
        }
        return images;
    }

    private Run ours(SimulatedLinode linode, List<Path> images) throws Exception {
        Path work = Files.createDirectory(directory.resolve("daemon"));
        try (ThrottledLine line = ThrottledLine.to(linode.uri().getPort(), LINE, CONNECTION);
                DaemonProcess daemon = BenchDaemon.in(work, linode)
                        .set("imageferry.linode.url", line.address())
                        .start()) {
            for (Path image : images) {
                Files.createLink(daemon.dropFolder().resolve(image.getFileName()), image);
            }
            long start = BenchDaemon.awaitJobs(daemon, 1);
            daemon.await(
                    "the last byte",
                    BenchDaemon.LIMIT,
                    () -> linode.images().stream()
                                    .filter(image -> image.bytes() > 0)
                                    .count()
                            == images.size());
            return run(line, start);
        }
    }

    private Run shellLoop(SimulatedLinode linode, List<Path> images) throws Exception {
        try (ThrottledLine line = ThrottledLine.to(linode.uri().getPort(), LINE, CONNECTION)) {
            StringBuilder uploads = new StringBuilder();
            for (Path image : images) {
                uploads.append(image)
                        .append(' ')
                        .append(Uploads.address(URI.create(line.address()), linode.token()))
                        .append('\n');
            }
            Path list = Files.writeString(directory.resolve("uploads"), uploads);
            long start = System.nanoTime();
            Process loop = new ProcessBuilder(
                            "xargs",
                            "-P4",
                            "-L1",
                            "sh",
                            "-c",
                            "exec curl -sSf -H '" + Uploads.CONTENT_TYPE + "' -T \"$0\" \"$1\"")
                    .redirectInput(list.toFile())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(loop.getInputStream().readAllBytes(), UTF_8);
            assertThat(loop.waitFor()).as(output).isZero();
            return run(line, start);
        }
    }

    /** What was sent since the start, up to the last stored object. */
    private Run run(ThrottledLine line, long start) {
        return new Run(
                BenchDaemon.seconds(start, lastStoredAt.get()), line.megabytesPerSecond(start, lastStoredAt.get()));
    }
}
