package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.daemon.StagedQueueView;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests while all worker threads are busy. */
@QuarkusTest
@TestProfile(BusyWorkersTest.Profile.class)
@SuppressWarnings("NullAway.Init") // Quarkus sets the fields
class BusyWorkersTest {
    private static final int WORKERS = 8;
    private static final Duration LONG = Duration.ofSeconds(60);

    /** Limits the number of worker threads. */
    public static final class Profile extends StagedProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> overrides = new HashMap<>(super.getConfigOverrides());
            overrides.put("quarkus.thread-pool.core-threads", "1");
            overrides.put("quarkus.thread-pool.max-threads", Integer.toString(WORKERS));
            return overrides;
        }
    }

    @Inject
    StagedQueueView queue;

    @TestHTTPResource("/")
    URI root;

    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    @AfterEach
    void emptyStage() {
        queue.reset();
    }

    @ParameterizedTest
    @ValueSource(strings = {"q/health/live", "q/health/ready", "q/health"})
    void health_checks_need_no_worker_thread(String path) throws Exception {
        CountDownLatch entered = new CountDownLatch(WORKERS);
        CountDownLatch leave = new CountDownLatch(1);
        List<CompletableFuture<HttpResponse<String>>> busy = new ArrayList<>();
        queue.holdSummaries(entered, leave);
        try {
            for (int i = 0; i < WORKERS; i++) {
                busy.add(client.sendAsync(request("api/v1/summary"), BodyHandlers.ofString()));
            }
            assertThat(entered.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();

            assertThat(client.send(request(path), BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
            assertThat(busy).noneMatch(CompletableFuture::isDone);
        } finally {
            leave.countDown();
        }
        for (CompletableFuture<HttpResponse<String>> answer : busy) {
            assertThat(answer.get(LONG.toSeconds(), TimeUnit.SECONDS).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void readiness_does_not_wait_for_a_hanging_database() throws Exception {
        CountDownLatch leave = new CountDownLatch(1);
        queue.holdFinds(leave);
        try {
            HttpResponse<String> answer = client.send(request("q/health/ready"), BodyHandlers.ofString());

            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("PostgreSQL did not answer within 3 seconds");
            assertThat(client.send(request("q/health/ready"), BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(503);
            assertThat(Thread.getAllStackTraces().keySet())
                    .filteredOn(thread -> thread.getName().equals("imageferry-readiness"))
                    .hasSize(1);
        } finally {
            leave.countDown();
        }
        RawHttp.until(() -> statusOf("q/health/ready") == 200, LONG);
    }

    @Tag("exhaustive")
    @Test
    void incomplete_bodies_need_no_worker_thread_and_end_with_408() throws Exception {
        // more than Quarkus reads before it passes a request to a worker thread
        String body = "Content-Length: 60000\r\n\r\n" + " ".repeat(20_000);
        List<String> requests = List.of(
                "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n" + body,
                "POST /api/v1/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + body,
                "PATCH /api/v1/jobs/00000000-0000-0000-0000-000000000000 HTTP/1.1\r\nHost: localhost\r\n"
                        + "Content-Type: application/json\r\n" + body);
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < WORKERS; i++) {
                for (String request : requests) {
                    Socket socket = new Socket(InetAddress.getLoopbackAddress(), root.getPort());
                    socket.setSoTimeout((int) LONG.toMillis());
                    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                    sockets.add(socket);
                }
            }

            assertThat(statusOf("api/v1/summary")).isEqualTo(200);

            for (Socket socket : sockets) {
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .startsWith("HTTP/1.1 408 ")
                        .contains("application/problem+json", "too-slow");
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void reads_a_body_that_arrives_in_chunks() throws Exception {
        String body = "{\"priority\":" + " ".repeat(30_000) + "7}";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), root.getPort())) {
            socket.setSoTimeout((int) LONG.toMillis());
            socket.getOutputStream()
                    .write(
                            ("POST /api/v1/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\n"
                                            + "Content-Type: application/json\r\nContent-Length: " + body.length()
                                            + "\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 100");

            for (int i = 0; i < body.length(); i += 10_000) {
                socket.getOutputStream()
                        .write(body.substring(i, Math.min(body.length(), i + 10_000))
                                .getBytes(StandardCharsets.US_ASCII));
            }

            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("HTTP/1.1 200 ", "{\"priority\":7}");
        }
    }

    private int statusOf(String path) {
        try {
            return client.send(request(path), BodyHandlers.ofString()).statusCode();
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create(root + path)).timeout(LONG).build();
    }
}
