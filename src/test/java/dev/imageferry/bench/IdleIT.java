package dev.imageferry.bench;

import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.whole.DaemonProcess;
import java.nio.file.Files;
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
                    "%d s with an empty folder, the options of bin/imageferry, default settings and embedded PostgreSQL. Memory is the proportional set size (PSS)."
                            .formatted(SECONDS));
            Process oneLook = OneLook.start();
            try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests())) {
                Path plain = Files.createDirectory(directory.resolve("plain"));
                Idle withoutOptions = idle(plain, BenchDaemon.in(plain, linode));
                ProcessUse before = ProcessUse.of(oneLook.toHandle());
                long start = System.nanoTime();
                Path launched = Files.createDirectory(directory.resolve("launched"));
                Idle idle = idle(launched, BenchDaemon.launched(launched, linode));
                double besidePercent = ProcessUse.of(oneLook.toHandle()).cpuSecondsSince(before)
                        / BenchDaemon.seconds(start, System.nanoTime())
                        * 100;
                section.row(idle.cpu().aim(Aim.atMost(1)))
                        .row(idle.cpuOfDaemon())
                        .row(idle.cpu().beside("a Java program that reads one link a second", besidePercent))
                        .row(idle.cpu().beside("java -jar", withoutOptions.percent()))
                        .row(idle.commits().aim(Aim.atMost(1)))
                        .row(idle.memory().aim(Aim.atMost(200)))
                        .row(idle.memory().beside("java -jar", withoutOptions.daemonMegabytes()));
            } finally {
                oneLook.destroy();
            }
        });
    }

    private static Idle idle(Path home, DaemonProcess stopped) throws Exception {
        try (DaemonProcess daemon = stopped.start()) {
            TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
            return Idle.measure(home, daemon, SECONDS);
        }
    }
}
