package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.daemon.Daemon;
import dev.imageferry.daemon.QueueView;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code PUT /api/v1/drop/…} over raw sockets: file names and stalled senders. */
@QuarkusTest
@TestProfile(DropPutTest.Profile.class)
@QuarkusTestResource(value = RealQueue.class, restrictToAnnotatedClass = true)
@SuppressWarnings("NullAway.Init") // Quarkus sets the fields
class DropPutTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int SENDERS = 230;

    /** Uses {@link QuickReceivers}. */
    public static final class Profile implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.http.test-port", "0");
        }

        @Override
        public Set<Class<?>> getEnabledAlternatives() {
            return Set.of(QuickReceivers.class);
        }
    }

    @Inject
    Daemon daemon;

    @Inject
    QueueView queue;

    @Inject
    ObjectMapper json;

    @ConfigProperty(name = "imageferry.drop.directory")
    Path folder;

    @TestHTTPResource("/")
    URI root;

    @BeforeEach
    void startOnce() throws InterruptedException {
        if (!queue.isStarted()) {
            daemon.start();
            RawHttp.until(queue::isStarted, LONG);
        }
    }

    // sidecars, because they do not become jobs and stay in the folder
    @ParameterizedTest
    @CsvSource({
        "plus+and;semi=1.img.gz.yaml,plus+and;semi=1.img.gz.yaml",
        "folder;v=1/a.img.gz.yaml,folder;v=1/a.img.gz.yaml",
        "a%2Fslash.img.gz.yaml,a/slash.img.gz.yaml",
        "percent%25+%3F%23.img.gz.yaml,percent%+?#.img.gz.yaml",
        "%E6%97%A5%f0%9f%9a%80.img.gz.yaml,日🚀.img.gz.yaml",
        "composed-%C3%A4.img.gz.yaml,composed-\u00e4.img.gz.yaml",
        "decomposed-a%CC%88.img.gz.yaml,decomposed-a\u0308.img.gz.yaml",
        "over%E2%80%AEride.img.gz.yaml,over\u202eride.img.gz.yaml",
        "back%5Cslash.img.gz.yaml,back\\slash.img.gz.yaml"
    })
    void stores_a_name_exactly_as_sent(String raw, String path) throws Exception {
        RawHttp.Answer answer = put("/api/v1/drop/" + raw, "{}");

        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
        assertThat(json.readTree(answer.body()).get("file").asText()).isEqualTo(path);
        assertThat(Files.readString(folder.resolve(path))).isEqualTo("{}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/drop/%ff%fe.img.gz",
                "/api/v1/drop/%c0%ae%c0%ae/x.img.gz",
                "/api/v1/drop/%ed%a0%80.img.gz",
                "/api/v1/drop/x.img.gz;y=1",
                "/api/v1/drop/x.img.gz%00",
                "/api/v1/drop/x%00.img.gz",
                "/api/v1/drop/x%0a.img.gz",
                "/api/v1/drop/x%c2%85.img.gz",
                "/api/v1/drop/x.img.gz.",
                "/api/v1/drop/x.img.gz%20",
                "/api/v1/drop/a/../x.img.gz",
                "/api/v1/drop/a/./x.img.gz",
                "/api/v1/drop/a//x.img.gz",
                "/api/v1/drop//x.img.gz",
                "/api/v1/drop/%2e%2e/x.img.gz",
                "/api/v1/drop/a%2F..%2Fx.img.gz",
                "/api/v1/drop/%2Fx.img.gz",
                "/api/v1/drop/x.img.gz/",
                "/api/v1/nothing/../drop/x.img.gz",
                "/api/v1/%64rop/x.img.gz",
                "/api/v1/drop/x.img.gz?y.img.gz",
                "/api/v1/drop/x.img.gz?"
            })
    void refuses_a_name_that_cannot_be_stored_exactly(String target) throws Exception {
        Set<String> before = files();

        RawHttp.Answer answer = put(target, "x");

        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        assertThat(answer.header("Content-Type")).containsExactly(ApiProblem.MEDIA_TYPE);
        assertThat(json.readTree(answer.body()).get("type").asText()).endsWith(":bad-name");
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void a_chunked_body_is_complete_with_its_last_chunk() throws Exception {
        RawHttp.Answer answer = RawHttp.send(
                root.getPort(),
                List.of(
                        "PUT /api/v1/drop/chunked.img.gz.yaml HTTP/1.1",
                        "Host: localhost",
                        "Transfer-Encoding: chunked"),
                "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");

        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
        assertThat(Files.readString(folder.resolve("chunked.img.gz.yaml"))).isEqualTo("{}");
    }

    @Test
    void a_chunked_body_without_its_last_chunk_leaves_nothing() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), root.getPort())) {
            socket.getOutputStream()
                    .write(
                            ("PUT /api/v1/drop/cut.img.gz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                                            + "5\r\nbytes\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            RawHttp.until(() -> drafts() == 1, LONG);
        }

        RawHttp.until(() -> drafts() == 0, LONG);
        assertThat(folder.resolve("cut.img.gz")).doesNotExist();
    }

    @Test
    void a_chunked_body_over_the_limit_is_refused() throws Exception {
        String line = "x".repeat(1000);
        RawHttp.Answer answer = RawHttp.send(
                root.getPort(),
                List.of("PUT /api/v1/drop/long.img.gz.yaml HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked"),
                ("3e8\r\n" + line + "\r\n").repeat(66) + "0\r\n\r\n");

        assertThat(answer.status()).as(answer.body()).isEqualTo(413);
        assertThat(answer.body()).contains("65536");
        assertThat(folder.resolve("long.img.gz.yaml")).doesNotExist();
    }

    @Test
    void refuses_a_name_of_256_bytes() throws Exception {
        RawHttp.Answer answer = put("/api/v1/drop/" + "x".repeat(249) + ".img.gz", "x");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body()).contains("255");
    }

    @Tag("exhaustive")
    @Test
    void stalled_senders_do_not_block_others_and_are_disconnected() throws Exception {
        Set<String> before = files();
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < SENDERS; i++) {
                sockets.add(send("slow-" + i + ".img.gz"));
            }
            List<Integer> refused = new ArrayList<>();
            List<Socket> received = new ArrayList<>();
            // refused senders get their answer at once
            for (Socket socket : sockets) {
                Integer status = statusWithin(socket, received.size() < Receivers.MAX ? 200 : 10_000);
                if (status == null) {
                    received.add(socket);
                    assertThat(received).hasSizeLessThanOrEqualTo(Receivers.MAX);
                } else {
                    refused.add(status);
                }
            }
            for (String path : List.of("/q/health/live", "/q/metrics", "/api/v1/summary", "/api/v1/drop")) {
                assertThat(RawHttp.send(root.getPort(), "GET " + path + " HTTP/1.1", "Host: localhost")
                                .status())
                        .as(path)
                        .isEqualTo(200);
            }
            assertThat(RawHttp.send(root.getPort(), "GET /q/health/ready HTTP/1.1", "Host: localhost")
                            .body())
                    .contains("\"database\"");
            assertThat(refused).hasSize(SENDERS - Receivers.MAX).containsOnly(503);
            for (Socket socket : received) {
                assertThat(statusWithin(socket, 30_000)).isEqualTo(408);
                // disconnected
                socket.setSoTimeout(30_000);
                socket.getInputStream().readAllBytes();
            }
            assertThat(put("/api/v1/drop/after.img.gz.yaml", "{}").status()).isEqualTo(201);
            before.add("after.img.gz.yaml");
            assertThat(files()).isEqualTo(before);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void refuses_a_17th_upload_with_retry_after() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < Receivers.MAX; i++) {
                sockets.add(send("busy-" + i + ".img.gz"));
            }
            RawHttp.until(() -> drafts() == Receivers.MAX, LONG);

            RawHttp.Answer answer = put("/api/v1/drop/next.img.gz", "");

            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.header("Retry-After")).containsExactly("5");
            assertThat(answer.body()).contains("receivers-busy", "16 files");
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        RawHttp.until(() -> drafts() == 0, LONG);
    }

    private Socket send(String name) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), root.getPort());
        socket.getOutputStream()
                .write(("PUT /api/v1/drop/" + name + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx")
                        .getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
        return socket;
    }

    /** The status of the answer; null if there is none within the time. */
    private static @Nullable Integer statusWithin(Socket socket, int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            byte[] start = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
            return Integer.parseInt(new String(start, StandardCharsets.US_ASCII).split(" ", -1)[1]);
        } catch (java.net.SocketTimeoutException e) {
            return null;
        }
    }

    private RawHttp.Answer put(String target, String body) throws IOException {
        return RawHttp.send(
                root.getPort(),
                List.of(
                        "PUT " + target + " HTTP/1.1",
                        "Host: localhost",
                        "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length),
                body);
    }

    private long drafts() {
        // not with files(), because a draft may be deleted during a walk
        return Arrays.stream(Objects.requireNonNull(folder.toFile().list()))
                .filter(file -> file.contains("incoming-"))
                .count();
    }

    private Set<String> files() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
