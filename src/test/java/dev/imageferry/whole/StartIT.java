package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.bench.Aim;
import dev.imageferry.bench.BenchReport;
import dev.imageferry.bench.Row;
import dev.imageferry.bench.Section;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * From the start of the JVM until ready, with a new and with an existing embedded database: seconds, CPU seconds of the JVM, and
 * resident memory after ten idle seconds. The floors are {@code java -version} and PostgreSQL alone. All variants take turns in one
 * run. Default: {@code -Dbench.start.rounds=3}.
 */
@Tag("bench")
class StartIT {
    private static final int ROUNDS = Integer.getInteger("bench.start.rounds", 3);
    private static final Duration IDLE = Duration.ofSeconds(10);

    @TempDir
    static Path root;

    /** One start. CPU in seconds, memory in MB. */
    private record Start(double seconds, double cpu, double residentMegabytes) {}

    private record Variant(String name, List<String> options, List<Start> created, List<Start> existing) {
        Variant(String name, List<String> options) {
            this(name, options, new ArrayList<>(), new ArrayList<>());
        }
    }

    @Test
    void start_until_ready() throws Exception {
        BenchReport.measure("Start", StartIT::measure);
    }

    private static void measure(Section section) throws Exception {
        Path jar = Path.of(Objects.requireNonNull(System.getProperty("imageferry.jar"), "imageferry.jar"));
        Path cache = jar.resolveSibling("imageferry.aot");
        assertThat(cache).as("written by bin/imageferry-aot").exists();
        Variant shipped = new Variant("bin/imageferry", Launcher.options());
        List<Variant> variants = List.of(
                shipped,
                new Variant("bin/imageferry without AOT cache", Launcher.optionsWithoutCache()),
                new Variant("java -jar", List.of("-XX:+TieredCompilation")));
        List<Double> javaVersion = new ArrayList<>();
        List<Double> initdb = new ArrayList<>();
        List<Double> server = new ArrayList<>();
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests())) {
            for (int round = 0; round < ROUNDS; round++) {
                for (Variant variant : variants) {
                    Path directory = Files.createTempDirectory(root, "start");
                    variant.created().add(start(directory, linode, variant));
                    variant.existing().add(start(directory, linode, variant));
                    if (variant.equals(shipped)) {
                        javaVersion.add(seconds(root, java(), "-version"));
                        PostgresAlone alone = PostgresAlone.measure(directory.resolve("data/postgres"), root);
                        initdb.add(alone.initdb());
                        server.add(alone.server());
                    }
                }
            }
        }
        report(section, variants, middle(javaVersion), middle(initdb), middle(server));
        assertThat(median(shipped.existing(), Start::seconds))
                .as("seconds with the AOT cache")
                .isLessThan(median(variants.getLast().existing(), Start::seconds));
    }

    private static Start start(Path directory, SimulatedLinode linode, Variant variant) throws Exception {
        try (DaemonProcess daemon = DaemonProcess.in(directory, linode).productionJvm()) {
            variant.options().forEach(daemon::jvm);
            long before = System.nanoTime();
            daemon.start();
            double seconds = (System.nanoTime() - before) / 1e9;
            double cpu =
                    daemon.process().info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
            TimeUnit.MILLISECONDS.sleep(IDLE.toMillis());
            Start start =
                    new Start(seconds, cpu, residentKilobytes(daemon.process().pid()) / 1024.0);
            daemon.terminate();
            return start;
        }
    }

    private static long residentKilobytes(long pid) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** The programs of PostgreSQL without a daemon, with their default settings. */
    private record PostgresAlone(double initdb, double server) {
        static PostgresAlone measure(Path database, Path root) throws Exception {
            Path programs;
            try (DirectoryStream<Path> found = Files.newDirectoryStream(database.resolve("work"), "postgresql-*")) {
                programs = found.iterator().next().resolve("bin");
            }
            Path data = Files.createTempDirectory(root, "alone").resolve("data");
            double initdb = seconds(root, unprivileged(programs, "initdb", "-D", data.toString(), "-U", "postgres"));
            String options = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -p 31999";
            double server = seconds(
                    root,
                    unprivileged(
                            programs,
                            "pg_ctl",
                            "start",
                            "-w",
                            "-D",
                            data.toString(),
                            "-o",
                            options,
                            "-l",
                            data + ".log"));
            seconds(root, unprivileged(programs, "pg_ctl", "stop", "-w", "-D", data.toString()));
            return new PostgresAlone(initdb, server);
        }

        private static String[] unprivileged(Path programs, String program, String... arguments) {
            List<String> command = new ArrayList<>();
            if (System.getProperty("user.name").equals("root")) {
                command.addAll(List.of("unshare", "-U"));
            }
            command.add(programs.resolve(program).toString());
            command.addAll(List.of(arguments));
            return command.toArray(String[]::new);
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static double seconds(Path directory, String... command) throws IOException, InterruptedException {
        long before = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
        return (System.nanoTime() - before) / 1e9;
    }

    private static void report(
            Section section, List<Variant> variants, double javaVersion, double initdb, double server) {
        section.about(
                ("Until ready; medians of %d. Memory is resident, after %d idle seconds. The floors are `java -version` and"
                                + " PostgreSQL alone.")
                        .formatted(ROUNDS, IDLE.toSeconds()));
        for (Variant variant : variants) {
            Row created = Row.of(
                            "%s, new database".formatted(variant.name()),
                            median(variant.created(), Start::seconds),
                            "s")
                    .beside("java -version, initdb, pg_ctl start", javaVersion + initdb + server);
            Row existing = Row.of(
                            "%s, existing database".formatted(variant.name()),
                            median(variant.existing(), Start::seconds),
                            "s")
                    .beside("java -version, pg_ctl start", javaVersion + server);
            boolean isShipped = variant.equals(variants.getFirst());
            section.row(isShipped ? created.aim(Aim.atMost(5)) : created);
            section.row(isShipped ? existing.aim(Aim.atMost(3)) : existing);
            section.row(Row.of(variant.name() + ", CPU, new database", median(variant.created(), Start::cpu), "s"));
            section.row(
                    Row.of(variant.name() + ", CPU, existing database", median(variant.existing(), Start::cpu), "s"));
            section.row(
                    Row.of(variant.name() + ", memory", median(variant.existing(), Start::residentMegabytes), "MB"));
        }
    }

    private static double median(List<Start> starts, ToDoubleFunction<Start> figure) {
        return middle(starts.stream().map(figure::applyAsDouble).toList());
    }

    private static double middle(List<Double> figures) {
        return figures.stream().sorted(Comparator.naturalOrder()).toList().get(figures.size() / 2);
    }
}
