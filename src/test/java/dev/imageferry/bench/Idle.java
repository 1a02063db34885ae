package dev.imageferry.bench;

import dev.imageferry.whole.DaemonProcess;
import dev.imageferry.whole.EmbeddedServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.concurrent.TimeUnit;

/**
 * What a daemon with its embedded PostgreSQL uses while it has nothing to do.
 *
 * @param daemonPercent CPU of one core
 * @param postgresPercent CPU of one core
 */
record Idle(
        double daemonPercent,
        double postgresPercent,
        double commitsPerSecond,
        double daemonMegabytes,
        double postgresMegabytes) {

    static Idle measure(Path directory, DaemonProcess daemon, int seconds) throws Exception {
        EmbeddedServer server = new EmbeddedServer(directory);
        try (Connection statistics = server.connect()) {
            PostgresCounters countersBefore = PostgresCounters.settled(statistics, "imageferry");
            ProcessUse daemonBefore = ProcessUse.of(daemon.process().toHandle());
            ProcessUse postgresBefore = ProcessUse.ofTree(server.postmaster());
            long start = System.nanoTime();
            TimeUnit.SECONDS.sleep(seconds);
            double taken = BenchDaemon.seconds(start, System.nanoTime());
            ProcessUse ours = ProcessUse.of(daemon.process().toHandle());
            ProcessUse postgres = ProcessUse.ofTree(server.postmaster());
            PostgresCounters counters =
                    PostgresCounters.read(statistics, "imageferry").since(countersBefore);
            return new Idle(
                    ours.cpuSecondsSince(daemonBefore) / taken * 100,
                    postgres.cpuSecondsSince(postgresBefore) / taken * 100,
                    counters.commits() / taken,
                    ours.residentMegabytes(),
                    postgres.residentMegabytes());
        }
    }

    /** CPU of daemon and PostgreSQL, of one core. */
    double percent() {
        return daemonPercent + postgresPercent;
    }

    Row cpu() {
        return Row.of("CPU of daemon and PostgreSQL, of one core", percent(), "%");
    }

    Row cpuOfDaemon() {
        return Row.of("CPU of the daemon, of one core", daemonPercent, "%").beside("PostgreSQL", postgresPercent);
    }

    Row commits() {
        return Row.of("Commits a second", commitsPerSecond, "/s");
    }

    Row memory() {
        return Row.of("Memory of the daemon", daemonMegabytes, "MB").beside("PostgreSQL", postgresMegabytes);
    }
}
