package dev.imageferry.bench;

import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.whole.DaemonProcess;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures a daemon with an empty folder: {@code ./mvnw verify -Pbench -Dit.test=IdleIT}. Default:
 * {@code -Dbench.idle.seconds=60}.
 */
@Tag("bench")
class IdleIT {
    private static final int SECONDS = Integer.getInteger("bench.idle.seconds", 60);

    /** Until the compilers are done with the start and the heap has shrunk. */
    private static final int SETTLE_SECONDS = 75;

    @TempDir
    Path directory;

    @Test
    void an_empty_folder() throws Exception {
        BenchReport.measure("Idle", section -> {
            section.about(
                    "%d s with an empty folder, default settings and embedded PostgreSQL. Memory is the proportional set size (PSS)."
                            .formatted(SECONDS));
            Process oneLook = OneLook.start();
            try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                    DaemonProcess daemon = BenchDaemon.in(directory, linode).start()) {
                TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
                ProcessUse before = ProcessUse.of(oneLook.toHandle());
                Idle idle = Idle.measure(directory, daemon, SECONDS);
                double besidePercent = ProcessUse.of(oneLook.toHandle()).cpuSecondsSince(before) / SECONDS * 100;
                section.row(idle.cpu().aim(Aim.atMost(1)))
                        .row(idle.cpuOfDaemon())
                        .row(idle.cpu().beside("a Java program that reads one link a second", besidePercent))
                        .row(idle.commits().aim(Aim.atMost(1)))
                        .row(idle.memory().aim(Aim.atMost(200)));
            } finally {
                oneLook.destroy();
            }
        });
    }
}
