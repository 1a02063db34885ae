package dev.imageferry.bench;

import dev.imageferry.RealTools;
import dev.imageferry.database.DebianPostgres;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.RequestListener;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.whole.CraftedGzip;
import dev.imageferry.whole.DaemonProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures how soon a daemon that was killed during a PUT sends again: {@code ./mvnw verify -Pbench -Dit.test=RestartIT}.
 * Default: {@code -Dbench.restart.rounds=3}.
 */
@Tag("bench")
class RestartIT {
    private static final int ROUNDS = Integer.getInteger("bench.restart.rounds", 3);
    private static final long FILE_BYTES = 200_000_000;
    private static final int SLOW_BYTES_PER_SECOND = 1_000_000;
    private static final double MOST_SECONDS = 10;

    @TempDir
    Path directory;

    @Test
    void from_a_kill_to_the_next_byte() throws Exception {
        BenchReport.measure("Restart", section -> {
            section.about(
                    "From the start after a SIGKILL during a PUT to the first byte of the next PUT, with default settings. The longest of %d."
                            .formatted(ROUNDS));
            try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests())) {
                Path work = Files.createDirectory(directory.resolve("embedded"));
                section.row(row("Embedded PostgreSQL", seconds(linode, BenchDaemon.in(work, linode))));
            }
            RealTools.require("initdb");
            DebianPostgres postgres = DebianPostgres.start(directory.resolve("postgres"), List.of());
            try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests())) {
                Path work = Files.createDirectory(directory.resolve("external"));
                section.row(row(
                        "External PostgreSQL",
                        seconds(
                                linode,
                                BenchDaemon.in(work, linode)
                                        .set("quarkus.datasource.jdbc.url", postgres.url(DebianPostgres.DATABASE))
                                        .set("quarkus.datasource.username", DebianPostgres.ROLE))));
            } finally {
                postgres.stop();
            }
        });
    }

    private static Row row(String database, List<Double> seconds) {
        return Row.of(database, Collections.max(seconds), "s").aim(Aim.atMost(MOST_SECONDS));
    }

    private static List<Double> seconds(SimulatedLinode linode, DaemonProcess daemon) throws Exception {
        AtomicLong firstByteAt = new AtomicLong();
        linode.onRequest(RequestListener.onPutBytes(1, put -> firstByteAt.set(System.nanoTime())));
        linode.script(Fault.onPut(new Effect.ReadSlowly(SLOW_BYTES_PER_SECOND)).always());
        List<Double> seconds = new ArrayList<>();
        try (daemon) {
            daemon.set("imageferry.shutdown.grace", "1s"); // for the end of the test
            daemon.start();
            CraftedGzip.storedHoles(daemon.dropFolder().resolve("image.img.gz"), FILE_BYTES);
            daemon.await("the first byte", BenchDaemon.LIMIT, () -> firstByteAt.get() != 0);
            for (int round = 0; round < ROUNDS; round++) {
                daemon.kill();
                firstByteAt.set(0);
                long start = System.nanoTime();
                daemon.launch();
                daemon.await("the next PUT", BenchDaemon.LIMIT, () -> firstByteAt.get() != 0);
                seconds.add(BenchDaemon.seconds(start, firstByteAt.get()));
            }
        }
        return seconds;
    }
}
