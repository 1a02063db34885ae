package dev.imageferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.whole.DaemonProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Drops many files at once into a paused daemon: {@code ./mvnw verify -Pbench -Dit.test=DropStormIT}. Defaults:
 * {@code -Dbench.storm.files=20000} and {@code -Dbench.storm.idle-seconds=60}.
 */
@Tag("bench")
class DropStormIT {
    private static final int FILES = Integer.getInteger("bench.storm.files", 20_000);
    private static final int IDLE_SECONDS = Integer.getInteger("bench.storm.idle-seconds", 60);

    private static final Duration ENQUEUE_LIMIT = Duration.ofMinutes(4);
    private static final Duration CHECK_LIMIT = Duration.ofMinutes(5);

    @TempDir
    Path directory;

    @Test
    void many_files_at_once() throws Exception {
        BenchReport.measure("Drop storm", section -> {
            section.about(
                    "%,d files of 1 KB appear at once while the queue is paused, and are checked meanwhile. Enqueuing is counted from when they have settled. The last rows are from %d s with all files ready."
                            .formatted(FILES, IDLE_SECONDS));
            Path staged = BenchFiles.folderOfSmallFiles(directory.resolve("staged"), FILES, 0);
            try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                    DaemonProcess daemon = BenchDaemon.in(directory, linode).start()) {
                assertThat(daemon.post("/api/v1/queue/pause").statusCode()).isEqualTo(204);

                Files.move(staged, daemon.dropFolder().resolve("storm"));
                long dropped = System.nanoTime();
                long settled = dropped + BenchDaemon.SETTLE.toNanos();
                boolean all = within(ENQUEUE_LIMIT, () -> BenchDaemon.countAll(daemon) >= FILES);
                long last = System.nanoTime();
                int enqueued = all ? FILES : BenchDaemon.countAll(daemon);
                section.row(Row.of("Enqueued a second", enqueued / BenchDaemon.seconds(settled, last), "/s")
                        .aim(Aim.atLeast(1000)));
                if (all && within(CHECK_LIMIT, () -> BenchDaemon.count(daemon, "READY") == FILES)) {
                    section.row(Row.of("From the drop to the last job", BenchDaemon.seconds(dropped, last), "s"))
                            .row(Row.of(
                                    "From the drop to the last checked file",
                                    BenchDaemon.seconds(dropped, System.nanoTime()),
                                    "s"));
                    Idle idle = Idle.measure(directory, daemon, IDLE_SECONDS);
                    section.row(idle.cpu())
                            .row(idle.cpuOfDaemon())
                            .row(idle.commits())
                            .row(idle.memory());
                } else {
                    section.row(Row.missing(
                            "Idle with all files ready",
                            "%,d files became jobs in %s, and %,d were checked in another %s"
                                    .formatted(
                                            enqueued, ENQUEUE_LIMIT, BenchDaemon.count(daemon, "READY"), CHECK_LIMIT)));
                }
            }
        });
    }

    /** Waits for the condition and returns whether it came true in time. */
    private static boolean within(Duration limit, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        return true;
    }
}
