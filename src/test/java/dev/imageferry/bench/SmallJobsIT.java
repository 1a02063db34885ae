package dev.imageferry.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.database.DebianPostgres;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.whole.DaemonProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures what a job costs besides its bytes: {@code ./mvnw verify -Pbench -Dit.test=SmallJobsIT}. Default:
 * {@code -Dbench.small.jobs=2000}.
 */
@Tag("bench")
class SmallJobsIT {
    private static final int JOBS = Integer.getInteger("bench.small.jobs", 2000);
    private static final int WARM_UP = JOBS / 4;
    private static final int SLOTS = 16;
    private static final int PGBENCH_SECONDS = 10;
    private static final Pattern TPS = Pattern.compile("tps = ([0-9.]+)");

    @TempDir
    Path directory;

    @Test
    void many_small_jobs() throws Exception {
        BenchReport.measure("Small jobs", section -> {
            RealTools.require("initdb", "pgbench");
            section.about(
                    "%,d images of 1 KB with %d upload slots, PostgreSQL with fsync, from the first job to the last archived file. Images are polled every 50 ms. %,d jobs run before as warm-up."
                            .formatted(JOBS, SLOTS, WARM_UP));
            Path staged = BenchFiles.folderOfSmallFiles(directory.resolve("staged"), JOBS, 0);
            Path warmUp = BenchFiles.folderOfSmallFiles(directory.resolve("warm-up"), WARM_UP, JOBS);
            DebianPostgres postgres = DebianPostgres.start(
                    directory.resolve("postgres"), List.of("shared_preload_libraries=pg_stat_statements"));
            try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                    DaemonProcess daemon = BenchDaemon.launched(directory, linode)
                            .set("quarkus.datasource.jdbc.url", postgres.url(DebianPostgres.DATABASE))
                            .set("quarkus.datasource.username", DebianPostgres.ROLE)
                            .set("imageferry.upload.concurrency", Integer.toString(SLOTS))
                            .set("imageferry.poll.initial-delay", "50ms")
                            .start();
                    Connection statistics = DriverManager.getConnection(postgres.url("postgres"), "postgres", "")) {
                postgres.sql("CREATE EXTENSION pg_stat_statements");
                Files.move(warmUp, daemon.dropFolder().resolve("warm-up"));
                awaitDone(daemon, "warm-up", WARM_UP);
                measure(section, daemon, postgres, statistics, staged);
            } finally {
                postgres.stop();
            }
        });
    }

    private void measure(
            Section section, DaemonProcess daemon, DebianPostgres postgres, Connection statistics, Path staged)
            throws Exception {
        PostgresCounters countersBefore = PostgresCounters.settled(statistics, DebianPostgres.DATABASE);
        ProcessUse daemonBefore = ProcessUse.of(daemon.process().toHandle());
        ProcessUse postgresBefore = ProcessUse.ofTree(postgres.postmaster());
        Files.move(staged, daemon.dropFolder().resolve("small"));
        long start = BenchDaemon.awaitJobs(daemon, WARM_UP + 1);
        awaitDone(daemon, "small", JOBS);
        long end = System.nanoTime();
        ProcessUse daemonAfter = ProcessUse.of(daemon.process().toHandle());
        ProcessUse postgresAfter = ProcessUse.ofTree(postgres.postmaster());
        PostgresCounters counters =
                PostgresCounters.settled(statistics, DebianPostgres.DATABASE).since(countersBefore);
        assertThat(BenchDaemon.count(daemon, "AVAILABLE")).isEqualTo(WARM_UP + JOBS);

        double jobsPerSecond = JOBS / BenchDaemon.seconds(start, end);
        double ours = daemonAfter.cpuSecondsSince(daemonBefore) * 1000 / JOBS;
        double database = postgresAfter.cpuSecondsSince(postgresBefore) * 1000 / JOBS;
        section.row(Row.of("Jobs a second", jobsPerSecond, "/s").aim(Aim.atLeast(150)))
                .row(Row.of("CPU of daemon and PostgreSQL per job", ours + database, "ms")
                        .aim(Aim.atMost(13)))
                .row(Row.of("CPU of the daemon per job", ours, "ms").beside("PostgreSQL", database))
                .row(Row.of("Commits per job", (double) counters.commits() / JOBS, "")
                        .aim(Aim.atMost(8)))
                .row(Row.of("Statements per job, with BEGIN and COMMIT", (double) counters.statements() / JOBS, ""))
                .row(Row.of("Commits a second", counters.commits() / BenchDaemon.seconds(start, end), "/s")
                        .beside("pgbench, updates of one row with %d clients".formatted(SLOTS), pgbench(postgres)));
    }

    private static void awaitDone(DaemonProcess daemon, String folder, int files) {
        Path done = daemon.dropFolder().resolve("done").resolve(folder);
        daemon.await(files + " files in done", BenchDaemon.LIMIT, () -> images(done) == files);
    }

    private static long images(Path done) {
        try (Stream<Path> files = Files.exists(done) ? Files.list(done) : Stream.empty()) {
            return files.filter(file -> file.toString().endsWith(".img.gz")).count();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Updates of a random row, each in a transaction of its own, a second. */
    private double pgbench(DebianPostgres postgres) throws Exception {
        postgres.sql("CREATE TABLE bench AS SELECT id, 0 AS n FROM generate_series(1, 1000) AS id");
        postgres.sql("CREATE UNIQUE INDEX ON bench (id)");
        Path script = Files.writeString(
                directory.resolve("update.sql"),
                "\\set id random(1, 1000)\nUPDATE bench SET n = n + 1 WHERE id = :id;\n");
        Process process = new ProcessBuilder(
                        RealTools.find("pgbench").toString(),
                        "-n",
                        "-h127.0.0.1",
                        "-p" + postgres.port(),
                        "-Upostgres",
                        "-c" + SLOTS,
                        "-j2",
                        "-T" + PGBENCH_SECONDS,
                        "-f" + script,
                        "postgres")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        Matcher tps = TPS.matcher(output);
        assertThat(tps.find()).as(output).isTrue();
        return Double.parseDouble(tps.group(1));
    }
}
