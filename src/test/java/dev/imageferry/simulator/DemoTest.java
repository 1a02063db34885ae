package dev.imageferry.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a process, with a stand-in for the daemon's jar. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DemoTest {
    private final HttpClient http = HttpClient.newHttpClient();
    private int port;
    private Process demo;
    private BufferedReader output;

    @TempDir
    private Path folder;

    @BeforeEach
    void start() throws IOException {
        port = freePort();
        demo = builder(folder, port).start();
        output = demo.inputReader(StandardCharsets.UTF_8);
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }

    private ProcessBuilder builder(Path directory, int itsPort) throws IOException {
        ProcessBuilder builder = TestJvm.builder(
                List.of(
                        "-Dquarkus.http.port=" + itsPort,
                        "-Dimageferry.drop.directory=" + folder,
                        "-Dimageferry.linode.url=https://api.linode.com",
                        "-Dimageferry.linode.token=a-real-token"),
                Demo.class.getName(),
                List.of(jar().toString()));
        builder.directory(directory.toFile());
        builder.environment().put("LINODE_TOKEN", "a-real-token");
        builder.environment().put("LINODE_CLI_TOKEN", "a-real-token");
        builder.environment().put("IMAGEFERRY_LINODE_URL", "https://api.linode.com");
        builder.environment().remove("IMAGEFERRY_IMAGE_REGION");
        return builder;
    }

    @AfterEach
    void stop() {
        demo.descendants().forEach(ProcessHandle::destroyForcibly);
        demo.destroyForcibly();
    }

    @Test
    void runs_the_daemon_against_the_simulator_and_says_so_loudly() throws Exception {
        String banner = banner();

        assertThat(banner)
                .contains("LINODE IS SIMULATED")
                .contains(folder.toString())
                .contains("http://127.0.0.1:" + port + "/")
                .containsPattern("http://127\\.0\\.0\\.1:\\d+/simulator/images")
                .doesNotContain("token");
        String[] started = get("/started").split(" ", -1);
        assertThat(started[0]).startsWith("http://127.0.0.1:");
        assertThat(started)
                .as("url twice, token twice, no other url or token, region, locale")
                .containsExactly(
                        started[0],
                        started[0],
                        "demo-token",
                        "demo-token",
                        "null",
                        "null",
                        "us-ord",
                        "C.UTF-8",
                        "null");
    }

    @Test
    void keeps_linode_alive_while_the_daemon_drains() throws Exception {
        banner();

        demo.toHandle().destroy(); // Process.destroy would close its output

        assertThat(demo.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(folder.resolve("drained")).hasContent("Linode answered 200");
        assertThat(demo.descendants()).isEmpty();
        assertThat(output.lines().filter(line -> !line.isEmpty())).containsExactly("stopping", "stopped");
    }

    @Test
    void says_how_long_it_waits_for_uploads() {
        assertThat(Demo.stopping(1, Duration.ofSeconds(20))).isEqualTo("stopping: waiting up to 20 s for 1 upload");
        assertThat(Demo.stopping(2, Duration.ofSeconds(5))).isEqualTo("stopping: waiting up to 5 s for 2 uploads");
    }

    @Test
    void refuses_a_port_that_is_in_use_in_one_line_and_starts_nothing(@TempDir Path other) throws Exception {
        banner();

        Process second = builder(other, port).start();

        assertThat(second.inputReader(StandardCharsets.UTF_8).lines())
                .containsExactly("demo: port " + port + " is in use. To choose another: QUARKUS_HTTP_PORT=" + (port + 1)
                        + " ./mvnw -Pdemo");
        assertThat(second.waitFor()).isEqualTo(1);
        assertThat(other).isEmptyDirectory();
    }

    @Test
    void refuses_a_second_demo_in_the_same_directory() throws Exception {
        banner();

        Process second = builder(folder, freePort()).start();

        assertThat(second.inputReader(StandardCharsets.UTF_8).lines())
                .containsExactly("demo: a demo is already running in " + folder.toRealPath());
        assertThat(second.waitFor()).isEqualTo(1);
    }

    @Test
    void ends_with_the_daemons_exit_status() throws Exception {
        banner();

        assertThat(http.sendAsync(request("/exit"), HttpResponse.BodyHandlers.ofString()))
                .failsWithin(Duration.ofSeconds(20));

        assertThat(demo.waitFor()).isEqualTo(7);
    }

    private String banner() throws IOException {
        StringBuilder banner = new StringBuilder();
        String line = output.readLine();
        while (line != null && !line.contains("Ctrl-C")) {
            banner.append(line).append('\n');
            line = output.readLine();
        }
        return banner.append(line).toString();
    }

    private String get(String path) throws IOException, InterruptedException {
        return http.send(request(path), HttpResponse.BodyHandlers.ofString()).body();
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
    }

    private Path jar() throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, StandInDaemon.class.getName());
        String entry = StandInDaemon.class.getName().replace('.', '/') + ".class";
        Path jar = folder.resolve("stand-in.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
                InputStream code = StandInDaemon.class.getResourceAsStream("/" + entry)) {
            out.putNextEntry(new JarEntry(entry));
            code.transferTo(out);
        }
        return jar;
    }
}
