package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.job.ErrorCode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Failures of a PUT over HTTP and TLS. */
@Timeout(60)
class PutFailureTest {
    static final int LENGTH = 24 * 1024 * 1024;
    static final Duration SHORT = Duration.ofMillis(500);
    static final Duration LONG = Duration.ofSeconds(30);
    static final String DENIED =
            "<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code><Message></Message></Error>";

    @TempDir
    Path directory;

    @AfterEach
    void assertNoPutLivesOn() {
        long limit = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().startsWith("put-"))) {
            assertThat(System.nanoTime()).as("a put's thread lives on").isLessThan(limit);
            Thread.onSpinWait();
        }
    }

    private PutCall start(
            Line line, RawServer server, SentFile file, Duration stall, Duration answer, Bandwidth limit) {
        return start(line, server, file, stall, answer, limit, SentFile.YES, total -> {});
    }

    private PutCall start(
            Line line,
            RawServer server,
            SentFile file,
            Duration stall,
            Duration answer,
            Bandwidth limit,
            PutGuard guard,
            PutListener listener) {
        return new Bucket(line.client(), "1.2.3", stall, answer, limit, SentFile.CLOCK, new SimpleMeterRegistry())
                .start(
                        SentFile.url(line.scheme(), server.port()),
                        file.path(),
                        file.checked(),
                        file.fingerprint(),
                        guard,
                        listener);
    }

    /** The TLS server of the JDK continues to read while it closes, fast enough to read a whole test file. */
    private static Bandwidth paced(Line line) {
        Bandwidth bandwidth = new Bandwidth();
        bandwidth.limit(line == Line.TLS ? 4_000_000 : 0);
        return bandwidth;
    }

    private static PutResult.Broken broken(PutResult result) {
        assertThat(result).isInstanceOf(PutResult.Broken.class);
        assertThat(result.toString()).doesNotContain("Signature", SentFile.SIGNATURE);
        return (PutResult.Broken) result;
    }

    @ParameterizedTest
    @EnumSource(Line.class)
    void reads_an_early_refusal_although_the_connection_is_closed_while_writing(Line line) throws Exception {
        SentFile file = SentFile.of(directory, LENGTH);
        try (RawServer server = new RawServer(line.factory(), connection -> {
            connection.answer("403 Forbidden", "Connection: close\r\n", DENIED);
            connection.socket.shutdownOutput();
            connection.readBody(2_000_000);
        })) {
            PutResult result =
                    start(line, server, file, LONG, LONG, paced(line)).await();

            assertThat(result).isInstanceOfSatisfying(PutResult.Refused.class, refused -> {
                assertThat(refused.problem().code()).isEqualTo(ErrorCode.UPLOAD_REFUSED);
                assertThat(refused.problem().message()).contains("SignatureDoesNotMatch");
                assertThat(refused.allBytesSent()).isFalse();
                assertThat(refused.toString()).doesNotContain(SentFile.SIGNATURE);
            });
        }
    }

    @ParameterizedTest
    @EnumSource(Line.class)
    void stops_sending_after_an_early_refusal_although_the_server_continues_to_read(Line line) throws Exception {
        SentFile file = SentFile.of(directory, LENGTH);
        Bandwidth slow = new Bandwidth();
        slow.limit(1_000_000);
        try (RawServer server = new RawServer(line.factory(), connection -> {
            connection.answer("403 Forbidden", "", DENIED);
            connection.readBody(Long.MAX_VALUE);
        })) {
            PutResult result = start(line, server, file, LONG, LONG, slow).await();

            assertThat(result)
                    .isInstanceOfSatisfying(
                            PutResult.Refused.class,
                            refused -> assertThat(refused.problem().message()).contains("SignatureDoesNotMatch"));
            assertThat(server.served().body()).hasSizeLessThan(LENGTH / 2);
        }
    }

    @ParameterizedTest
    @EnumSource(Line.class)
    void continues_after_an_interim_answer(Line line) throws Exception {
        SentFile file = SentFile.of(directory, 3_000_000);
        Bandwidth slow = new Bandwidth();
        slow.limit(1_000_000);
        try (RawServer server = new RawServer(line.factory(), connection -> {
            connection.out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            connection.out.flush();
            connection.readBody(3_000_000);
            connection.answer("200 OK", "", "");
        })) {
            PutResult result = start(line, server, file, LONG, LONG, slow).await();

            assertThat(result).isInstanceOf(PutResult.Stored.class);
        }
    }

    @ParameterizedTest
    @EnumSource(Line.class)
    void ignores_a_success_before_the_last_byte(Line line) throws Exception {
        SentFile file = SentFile.of(directory, LENGTH);
        try (RawServer server = new RawServer(line.factory(), connection -> {
            connection.readBody(1_000_000);
            connection.answer("200 OK", "Connection: close\r\n", "");
            connection.socket.shutdownOutput();
        })) {
            PutResult result =
                    start(line, server, file, LONG, LONG, paced(line)).await();

            assertThat(broken(result).allBytesSent()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(Line.class)
    void reports_a_connection_reset(Line line) throws Exception {
        SentFile file = SentFile.of(directory, LENGTH);
        try (RawServer server = new RawServer(line.factory(), connection -> {
            connection.readBody(1_000_000);
            connection.reset();
        })) {
            PutResult result =
                    start(line, server, file, LONG, LONG, new Bandwidth()).await();

            assertThat(broken(result).problem().code()).isEqualTo(ErrorCode.UPLOAD_INTERRUPTED);
            assertThat(broken(result).allBytesSent()).isFalse();
            assertThat(broken(result).cause()).isEqualTo(Cause.UNREACHABLE);
        }
    }

    @ParameterizedTest
    @EnumSource(Line.class)
    void reports_a_connection_that_is_closed_without_an_answer(Line line) throws Exception {
        SentFile file = SentFile.of(directory, 1_000_000);
        try (RawServer server = new RawServer(line.factory(), connection -> connection.readBody(1_000_000))) {
            PutResult result =
                    start(line, server, file, LONG, LONG, new Bandwidth()).await();

            assertThat(broken(result).problem().code()).isEqualTo(ErrorCode.UPLOAD_INTERRUPTED);
            assertThat(broken(result).allBytesSent()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Line.class)
    void reports_a_stalled_connection(Line line) throws Exception {
        SentFile file = SentFile.of(directory, LENGTH);
        CountDownLatch over = new CountDownLatch(1);
        try (RawServer server = new RawServer(line.factory(), connection -> await(over))) {
            PutResult result =
                    start(line, server, file, SHORT, LONG, new Bandwidth()).await();
            assertNoPutLivesOn(); // while the server still keeps the connection open
            over.countDown();

            assertThat(broken(result).problem().code()).isEqualTo(ErrorCode.UPLOAD_STALLED);
            assertThat(broken(result).problem().message()).contains("500 ms", "of " + LENGTH + " bytes");
            assertThat(broken(result).allBytesSent()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(Line.class)
    void reports_a_missing_answer(Line line) throws Exception {
        SentFile file = SentFile.of(directory, 1_000_000);
        CountDownLatch over = new CountDownLatch(1);
        try (RawServer server = new RawServer(line.factory(), connection -> {
            connection.readBody(1_000_000);
            await(over);
        })) {
            PutResult result =
                    start(line, server, file, LONG, SHORT, new Bandwidth()).await();
            assertNoPutLivesOn(); // while the server still keeps the connection open
            over.countDown();

            assertThat(broken(result).problem().code()).isEqualTo(ErrorCode.UPLOAD_INTERRUPTED);
            assertThat(broken(result).problem().message()).contains("500 ms", "answer-timeout");
            assertThat(broken(result).allBytesSent()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Line.class)
    void does_not_count_waiting_for_bandwidth_as_a_stall(Line line) throws Exception {
        SentFile file = SentFile.of(directory, 100_000);
        Bandwidth crawl = new Bandwidth();
        crawl.limit(50); // waiting for 64 bytes takes longer than the stall timeout
        AtomicInteger calls = new AtomicInteger();
        try (RawServer server = new RawServer(line.factory(), connection -> {
            connection.readBody(100_000);
            connection.answer("200 OK", "", "");
        })) {
            PutResult result = start(line, server, file, SHORT, LONG, crawl, SentFile.YES, total -> {
                        if (calls.incrementAndGet() == 3) {
                            crawl.limit(0);
                        }
                    })
                    .await();

            assertThat(result)
                    .isInstanceOfSatisfying(
                            PutResult.Stored.class,
                            stored -> assertThat(stored.took()).isGreaterThan(SHORT));
        }
    }

    @ParameterizedTest
    @EnumSource(Line.class)
    void reports_a_refused_connection(Line line) throws Exception {
        SentFile file = SentFile.of(directory, 1000);
        RawServer gone = new RawServer(connection -> {});
        gone.close();

        PutResult result = start(line, gone, file, LONG, LONG, new Bandwidth()).await();

        assertThat(broken(result).cause()).isEqualTo(Cause.UNREACHABLE);
        assertThat(broken(result).problem().message()).contains("no connection to 127.0.0.1:");
    }

    @ParameterizedTest
    @EnumSource(value = Line.class, names = "TLS")
    void times_out_during_a_tls_handshake(Line line) throws Exception {
        SentFile file = SentFile.of(directory, 1000);
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            PutResult result = SentFile.bucket(SHORT, LONG)
                    .put(
                            SentFile.url(line.scheme(), silent.getLocalPort()),
                            file.path(),
                            file.checked(),
                            file.fingerprint(),
                            SentFile.YES,
                            total -> {});

            assertThat(broken(result).problem().message()).contains("no connection to", "500 ms");
        }
    }

    @ParameterizedTest
    @EnumSource(value = Line.class, names = "TLS")
    void sends_nothing_to_a_host_with_an_untrusted_certificate(Line line) throws Exception {
        SentFile file = SentFile.of(directory, 1000);
        try (RawServer server = new RawServer(line.factory(), connection -> {})) {
            PutResult result = SentFile.patientBucket()
                    .put(
                            SentFile.url(line.scheme(), server.port()),
                            file.path(),
                            file.checked(),
                            file.fingerprint(),
                            SentFile.YES,
                            total -> {});

            assertThat(broken(result).problem().message()).contains("certification path");
        }
    }

    /** The state of a PUT when it is stopped. */
    enum Place {
        WRITING,
        WAITING_FOR_BANDWIDTH,
        WAITING_FOR_THE_ANSWER
    }

    private PutCall startAndReach(Place place, Line line, RawServer server) throws Exception {
        SentFile file = SentFile.of(directory, place == Place.WAITING_FOR_THE_ANSWER ? 100_000 : LENGTH);
        Bandwidth limit = new Bandwidth();
        if (place == Place.WAITING_FOR_BANDWIDTH) {
            limit.limit(1); // the next 64 bytes are a minute away
        }
        CountDownLatch reached = new CountDownLatch(1);
        PutCall call = start(line, server, file, LONG, LONG, limit, SentFile.YES, total -> {
            if (place != Place.WAITING_FOR_THE_ANSWER || total == 100_000) {
                reached.countDown();
            }
        });
        assertThat(reached.await(20, TimeUnit.SECONDS)).isTrue();
        return call;
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void stops_at_once_when_cancelled(Place place) throws Exception {
        for (Line line : Line.values()) {
            CountDownLatch over = new CountDownLatch(1);
            try (RawServer server = new RawServer(line.factory(), connection -> await(over))) {
                PutCall call = startAndReach(place, line, server);
                CompletableFuture<PutResult> result = new CompletableFuture<>();
                Thread.ofPlatform().start(() -> awaitInto(call, result));

                call.cancel("the lease is lost");

                assertThat(result.get(5, TimeUnit.SECONDS))
                        .isEqualTo(new PutResult.Cancelled("the lease is lost", place == Place.WAITING_FOR_THE_ANSWER));
                assertNoPutLivesOn(); // while the server still keeps the connection open
                over.countDown();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void stops_at_once_when_its_caller_is_interrupted(Place place) throws Exception {
        for (Line line : Line.values()) {
            CountDownLatch over = new CountDownLatch(1);
            try (RawServer server = new RawServer(line.factory(), connection -> await(over))) {
                PutCall call = startAndReach(place, line, server);
                CompletableFuture<PutResult> result = new CompletableFuture<>();
                Thread caller = Thread.ofPlatform().start(() -> awaitInto(call, result));

                caller.interrupt();

                assertThatThrownBy(() -> result.get(5, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(InterruptedException.class);
                assertThat(call.await()).isInstanceOf(PutResult.Cancelled.class);
                assertNoPutLivesOn(); // while the server still keeps the connection open
                over.countDown();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Line.class)
    void does_not_release_the_final_bytes_when_cancelled_during_the_guard(Line line) throws Exception {
        SentFile file = SentFile.of(directory, 1_000_000);
        CompletableFuture<PutCall> running = new CompletableFuture<>();
        try (RawServer server = new RawServer(line.factory(), connection -> connection.readBody(Long.MAX_VALUE))) {
            PutCall call = start(
                    line,
                    server,
                    file,
                    LONG,
                    LONG,
                    new Bandwidth(),
                    () -> {
                        running.join().cancel("shutdown");
                        return true;
                    },
                    total -> {});
            running.complete(call);

            PutResult result = call.await();

            assertThat(result).isEqualTo(new PutResult.Cancelled("shutdown", false));
            assertThat(server.served().body()).hasSizeLessThanOrEqualTo(1_000_000 - HeldBackBody.HELD_BACK_BYTES);
        }
    }

    private static void awaitInto(PutCall call, CompletableFuture<PutResult> result) {
        try {
            result.complete(call.await());
        } catch (InterruptedException e) {
            result.completeExceptionally(e);
            Thread.currentThread().interrupt();
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            if (!latch.await(40, TimeUnit.SECONDS)) {
                throw new IOException("the test did not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
