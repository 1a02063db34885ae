package dev.imageferry.whole;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/imageferry} with a daemon, both as processes of the packaged jar. */
class CommandLineIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Path LAUNCHER = Path.of("bin/imageferry").toAbsolutePath();
    private static final String TOKEN = "s3cret-t0ken";
    private static final int SLOWLY = 200_000;

    @TempDir
    Path directory;

    private SimulatedLinode linode;
    private DaemonProcess daemon;
    private String url;

    @BeforeEach
    void open() throws IOException {
        linode = SimulatedLinode.start(SimulatorOptions.forTests());
        int port = freePort();
        url = "http://127.0.0.1:" + port;
        daemon = DaemonProcess.in(Files.createDirectory(directory.resolve("home")), linode)
                .set("quarkus.http.port", "" + port);
    }

    @AfterEach
    void close() {
        daemon.close();
        linode.close();
    }

    /** A running command with its output. */
    private record Command(Process process, Path outFile, Path errFile) {
        int awaitExit() throws IOException, InterruptedException {
            assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("the end of the command:%n%s%s", out(), err())
                    .isTrue();
            return process.exitValue();
        }

        String out() {
            return text(outFile);
        }

        String err() {
            return text(errFile);
        }

        private static String text(Path file) {
            try {
                return Files.readString(file, UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Command start(Map<String, String> environment, List<String> command) throws IOException {
        Path out = Files.createTempFile(directory, "command", ".out");
        Path err = Files.createTempFile(directory, "command", ".err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("IMAGEFERRY_") || name.equals("NO_COLOR"));
        builder.environment().put("IMAGEFERRY_URL", url);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        return new Command(builder.start(), out, err);
    }

    private Command start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
        command.addAll(List.of(arguments));
        return start(Map.of(), command);
    }

    private Command run(int status, String... arguments) throws Exception {
        Command command = start(arguments);
        assertThat(command.awaitExit()).as(command.out() + command.err()).isEqualTo(status);
        return command;
    }

    /** Runs a command on a pseudo-terminal of 80 columns. The terminal shows standard output and error together. */
    private String onTerminal(Map<String, String> environment, String arguments) throws Exception {
        RealTools.require("script");
        Command command = start(
                environment,
                List.of("script", "-qec", "stty cols 80; exec '" + LAUNCHER + "' " + arguments, "/dev/null"));
        assertThat(command.awaitExit()).as(command.out()).isZero();
        return command.out();
    }

    private Path image(String name, int bytes) throws IOException {
        return DiskImages.ext4(directory.resolve(name), bytes, name.hashCode());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void puts_steers_and_shows() throws Exception {
        // given
        daemon.start();
        Path good = image("good.img.gz", 300_000);
        Path bad = Files.writeString(directory.resolve("bad.img.gz"), "no gzip");

        // when
        Command put =
                run(1, "put", "--wait", "--label=from the command line", "--tag=1.10", good.toString(), bad.toString());

        // then
        assertThat(linode.images()).singleElement().satisfies(arrived -> {
            assertThat(put.out()).isEqualTo(arrived.id() + "\tgood.img.gz\n");
            assertThat(arrived.label()).isEqualTo("from the command line");
            assertThat(arrived.tags()).contains("1.10");
            assertThat(arrived.sha256OrNull()).isEqualTo(DiskImages.sha256(good));
        });
        assertThat(put.err()).contains("bad.img.gz: REJECTED (not-gzip: bad.img.gz");

        // when, then: other commands know the same jobs
        assertThat(run(0, "wait", "good.img.gz").out())
                .isEqualTo(linode.images().getFirst().id() + "\n");
        assertThat(run(0, "show", "bad.img.gz").out()).contains("state:         REJECTED");
        assertThat(run(0, "status").out()).contains("1 AVAILABLE", "1 REJECTED", "Linode is simulated");
        run(0, "pause");
        String id =
                run(0, "put", image("waits.img.gz", 20_000).toString()).out().strip();
        assertThat(run(4, "wait", "--timeout=2s", id).err()).contains("The time (--timeout) is up");
        assertThat(run(0, "cancel", "--file=waits.*").out()).isEqualTo("1 changed\n");
        assertThat(run(1, "wait", id).err()).contains("waits.img.gz: CANCELLED");
        assertThat(run(0, "resume").out()).startsWith("Resumed");
        assertThat(run(1, "retry", "good.img.gz").err()).contains("good.img.gz: ");

        // when, then: a terminal
        String jobs = onTerminal(Map.of(), "jobs");
        assertThat(jobs).contains("\u001b[32mAVAILABLE\u001b[0m");
        assertThat(jobs.lines().map(line -> line.replaceAll("\u001b\\[[0-9;]*m", "")))
                .hasSize(4)
                .allMatch(line -> line.length() <= 80);
        assertThat(onTerminal(Map.of("NO_COLOR", "1"), "jobs")).doesNotContain("\u001b");
        assertThat(onTerminal(Map.of(), "put --wait '" + image("shown.img.gz", 50_000) + "'"))
                .contains("sending [####################] 100 %", "private/")
                .contains("shown.img.gz  ");
        assertThat(run(0, "jobs").out().lines().toList().getLast().split(" +")).hasSize(7);
    }

    @Test
    void a_daemon_with_a_token_asks_for_it_and_nothing_prints_it() throws Exception {
        daemon.environment("IMAGEFERRY_API_TOKEN", TOKEN).start();
        Map<String, String> right = Map.of("IMAGEFERRY_API_TOKEN", TOKEN);
        Map<String, String> wrong = Map.of("IMAGEFERRY_API_TOKEN", TOKEN + "x");
        List<String> status = List.of(LAUNCHER.toString(), "status");

        Command without = run(2, "status");
        Command refused = start(wrong, status);
        Command accepted = start(right, status);

        assertThat(without.err()).contains("requires a token: set IMAGEFERRY_API_TOKEN");
        assertThat(refused.awaitExit()).isEqualTo(2);
        assertThat(refused.err()).contains("does not accept the token");
        assertThat(accepted.awaitExit()).as(accepted.err()).isZero();
        assertThat(without.err() + refused.err() + accepted.err() + accepted.out())
                .doesNotContain(TOKEN);
    }

    @Test
    void a_daemon_that_is_away_is_one_line_and_status_3() throws Exception {
        Path file = Files.writeString(directory.resolve("x.img.gz"), "any");

        assertThat(run(3, "put", "--wait", file.toString()).err())
                .isEqualTo("imageferry: No answer from a daemon at " + url
                        + " (Connection refused): start it, or set IMAGEFERRY_URL\n");
    }

    @Test
    void follows_a_job_while_the_daemon_is_killed_and_restarted() throws Exception {
        // given
        daemon.start();
        linode.script(Fault.onPut(new Effect.ReadSlowly(SLOWLY)).always());
        Path file = image("slow.img.gz", 4 << 20);
        Command put = start("put", "--wait", file.toString());
        daemon.await("the upload", LIMIT, () -> put.err().contains("UPLOADING"));

        // when
        daemon.kill();
        daemon.await("the remark", LIMIT, () -> put.err().contains("trying again"));
        linode.clearFaults();
        daemon.start();

        // then
        assertThat(put.awaitExit()).as(put.err()).isZero();
        assertThat(linode.images()).singleElement().matches(SimulatedImage::isAvailable);
        assertThat(put.out()).isEqualTo(linode.images().getFirst().id() + "\n");
        assertThat(put.err().lines().filter(line -> line.contains("connection lost, trying again")))
                .hasSize(1);
    }

    @Test
    void the_launcher_says_that_the_jar_is_not_built() throws Exception {
        Path bin = Files.createDirectories(directory.resolve("release/bin"));
        Path copy = Files.copy(LAUNCHER, bin.resolve("imageferry"));

        Command command = start(Map.of(), List.of("sh", copy.toString(), "status"));

        assertThat(command.awaitExit()).isEqualTo(1);
        assertThat(command.err().lines())
                .singleElement()
                .asString()
                .contains("no quarkus-app/quarkus-run.jar", "./mvnw package");
    }

    @Test
    void the_launcher_of_a_release_finds_the_jar_in_its_lib_folder_also_through_a_link() throws Exception {
        Path release = Files.createDirectory(directory.resolve("release"));
        Files.createDirectory(release.resolve("bin"));
        Files.copy(LAUNCHER, release.resolve("bin/imageferry")).toFile().setExecutable(true);
        Files.createDirectory(release.resolve("lib"));
        Files.copy(Path.of(".mvn/find-jdk.sh"), release.resolve("lib/find-jdk.sh"));
        Path jar = Path.of(System.getProperty("imageferry.jar")).toAbsolutePath();
        Files.createSymbolicLink(release.resolve("lib/quarkus-app"), jar.getParent());
        Path link = Files.createSymbolicLink(directory.resolve("linked"), release.resolve("bin/imageferry"));

        Command command = start(Map.of(), List.of(link.toString(), "--version"));

        assertThat(command.awaitExit()).as(command.err()).isZero();
        assertThat(command.out()).startsWith("imageferry ");
    }
}
