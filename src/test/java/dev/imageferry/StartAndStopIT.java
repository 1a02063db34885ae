package dev.imageferry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Starting and stopping the packaged jar. */
class StartAndStopIT {
    private static final Map<String, String> ENVIRONMENT =
            Map.of("LINODE_TOKEN", "secret-token", "QUARKUS_HTTP_PORT", "0");

    /** An unavailable external database, so that the daemon starts without an embedded one. */
    private static final Map<String, String> NO_DATABASE = Map.of(
            "LINODE_TOKEN", "secret-token",
            "QUARKUS_DATASOURCE_JDBC_URL", "jdbc:postgresql://127.0.0.1:1/none");

    @TempDir
    Path directory;

    @Test
    void closes_the_database_after_quarkus_on_sigterm() throws Exception {
        try (JarProcess daemon = JarProcess.start(directory, ENVIRONMENT, List.of())) {
            daemon.awaitLine("Listening on:");
            assertThat(serverLog()).doesNotContain("database system is shut down");

            daemon.process().destroy();

            assertThat(daemon.awaitExit()).isEqualTo(143);
            assertThat(daemon.text()).contains("stopped in").doesNotContain("secret-token");
        }
        assertThat(serverLog()).endsWith("database system is shut down");
        assertThat(directory.resolve("data/postgres/data/postmaster.pid")).doesNotExist();
        // emptied last, which proves that the JVM waited for the end of the server
        assertThat(directory.resolve("data/postgres/lock")).isEmptyFile();
    }

    @Tag("exhaustive")
    @Test
    void starts_again_after_repeated_sigkill() throws Exception {
        for (int times = 0; times < 2; times++) {
            JarProcess killed = JarProcess.start(directory, ENVIRONMENT, List.of());
            killed.awaitLine("Listening on:");
            killed.process().destroyForcibly();
            killed.awaitExit();
        }
        try (JarProcess daemon = JarProcess.start(directory, ENVIRONMENT, List.of())) {
            daemon.awaitLine("Listening on:");
        }
        assertThat(serverLog()).endsWith("database system is shut down");
    }

    @Tag("exhaustive")
    @Test
    void closes_the_database_and_prints_the_reason_when_quarkus_cannot_start() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                JarProcess daemon = JarProcess.start(
                        directory,
                        Map.of("LINODE_TOKEN", "secret-token", "QUARKUS_HTTP_PORT", "" + taken.getLocalPort()),
                        List.of())) {
            assertThat(daemon.awaitExit()).isEqualTo(1);
            assertThat(daemon.text()).contains("Port " + taken.getLocalPort() + " seems to be in use");
        }
        assertThat(serverLog()).endsWith("database system is shut down");
    }

    @Test
    void starts_while_an_external_database_is_down() throws Exception {
        try (JarProcess daemon = JarProcess.start(directory, NO_DATABASE, List.of("-Dquarkus.http.port=0"))) {
            daemon.awaitLine("Listening on:");
        }
        assertThat(directory.resolve("data/postgres")).doesNotExist();
    }

    @Tag("exhaustive")
    @Test
    void a_second_daemon_exits_with_one_line_that_names_the_first() throws Exception {
        try (JarProcess first = JarProcess.start(directory, ENVIRONMENT, List.of())) {
            first.awaitLine("Listening on:");

            JarProcess second = JarProcess.start(directory, ENVIRONMENT, List.of());

            assertThat(second.awaitExit()).isEqualTo(1);
            assertThat(second.text().lines())
                    .singleElement()
                    .asString()
                    .contains("pid=" + first.process().pid());
            assertThat(first.process().isAlive()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', '', 1, imageferry.linode.token",
        "LINODE_TOKEN, -Dimageferry.linode.token=secret-token, 1, Tokens are not accepted on the command line",
        "LINODE_TOKEN, -Dimageferry.upload.bandwith=1M, 1, imageferry.upload.bandwidth?",
        "LINODE_TOKEN, -Dimageferry.drop.settle=soon, 1, imageferry.drop.settle=soon",
        "LINODE_TOKEN, -Dquarkus.http.host=0.0.0.0, 1, imageferry.api.token"
    })
    void refuses_to_start_with_one_line(String token, String option, int status, String named) throws Exception {
        Map<String, String> environment = token.isEmpty() ? Map.of() : Map.of(token, "secret-token");
        List<String> options = option.isEmpty() ? List.of() : List.of(option);
        try (JarProcess daemon = JarProcess.start(directory, environment, options)) {
            assertThat(daemon.awaitExit()).isEqualTo(status);
            assertThat(daemon.text().lines())
                    .singleElement()
                    .asString()
                    .contains(named)
                    .doesNotContain("secret-token");
        }
        assertThat(directory.resolve("data/postgres")).doesNotExist();
    }

    @Test
    void refuses_a_locale_that_cannot_encode_every_file_name() throws Exception {
        Map<String, String> environment = Map.of("LINODE_TOKEN", "secret-token", "LC_ALL", "POSIX");
        try (JarProcess daemon = JarProcess.start(directory, environment, List.of())) {
            assertThat(daemon.awaitExit()).isEqualTo(1);
            assertThat(daemon.text().lines()).singleElement().asString().contains("LC_ALL=C.UTF-8");
        }
    }

    @ParameterizedTest
    @CsvSource({"frobnicate, Unknown argument frobnicate", "--token=secret-token, Tokens are not accepted"})
    void prints_its_usage(String argument, String named) throws Exception {
        try (JarProcess daemon = JarProcess.start(directory, ENVIRONMENT, List.of(), argument)) {
            assertThat(daemon.awaitExit()).isEqualTo(2);
            assertThat(daemon.text().lines())
                    .singleElement()
                    .asString()
                    .contains(named, "usage:")
                    .doesNotContain("secret-token");
        }
    }

    @Tag("exhaustive")
    @Test
    void quarkus_settings_prefer_system_properties_over_the_environment_over_the_file() throws Exception {
        String inFile = freePort();
        String inEnvironment = freePort();
        String asProperty = freePort();
        Files.createDirectory(directory.resolve("config"));
        Files.writeString(directory.resolve("config/imageferry.properties"), "quarkus.http.port=" + inFile + "\n");
        Map<String, String> environment = new HashMap<>(NO_DATABASE);

        assertThat(portOf(environment, List.of())).isEqualTo(inFile);
        environment.put("QUARKUS_HTTP_PORT", inEnvironment);
        assertThat(portOf(environment, List.of())).isEqualTo(inEnvironment);
        assertThat(portOf(environment, List.of("-Dquarkus.http.port=" + asProperty)))
                .isEqualTo(asProperty);
    }

    private String portOf(Map<String, String> environment, List<String> options) throws Exception {
        try (JarProcess daemon = JarProcess.start(directory, environment, options)) {
            return daemon.awaitLine("Listening on:").replaceFirst(".*http://127\\.0\\.0\\.1:", "");
        }
    }

    private static String freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "" + socket.getLocalPort();
        }
    }

    private String serverLog() throws IOException {
        StringBuilder log = new StringBuilder();
        try (Stream<Path> files = Files.list(directory.resolve("data/postgres/log"))) {
            for (Path file : files.filter(path -> path.toString().contains("postgresql-"))
                    .toList()) {
                log.append(Files.readString(file));
            }
        }
        return log.toString().strip();
    }
}
