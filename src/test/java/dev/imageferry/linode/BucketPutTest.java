package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.job.ErrorCode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BucketPutTest {
    @TempDir
    Path directory;

    final MockWebServer server = new MockWebServer();

    @BeforeEach
    void start() throws IOException {
        server.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static MockResponse stored(SentFile file) {
        return new MockResponse.Builder()
                .code(200)
                .setHeader("ETag", "\"" + file.checked().md5() + "\"")
                .build();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 65_535, 65_536, 65_537, 131_072, 200_000, 1_000_000})
    void sends_every_byte_of_a_file_of_any_length(int length) throws Exception {
        SentFile file = SentFile.of(directory, length);
        server.enqueue(stored(file));

        PutResult result = file.putTo(server.getPort());

        assertThat(result).isInstanceOfSatisfying(PutResult.Stored.class, stored -> {
            assertThat(stored.bytes()).isEqualTo(length);
            assertThat(stored.etagOrNull()).isEqualTo(file.checked().md5());
        });
        assertThat(server.takeRequest().getBody().toByteArray()).isEqualTo(file.bytes());
    }

    @Test
    void sends_only_the_headers_that_are_signed() throws Exception {
        SentFile file = SentFile.of(directory, 100_000);
        server.enqueue(stored(file));

        file.putTo(server.getPort());

        RecordedRequest request = server.takeRequest();
        assertThat(request.getRequestLine())
                .isEqualTo("PUT /linode-production-machine-images-uploads/26427534?Signature=" + SentFile.SIGNATURE
                        + "&Expires=" + SentFile.NOW.plus(Duration.ofDays(1)).getEpochSecond()
                        + "&AWSAccessKeyId=ACCESSKEY HTTP/1.1");
        assertThat(request.getHeaders().names())
                .containsExactlyInAnyOrder(
                        "Accept-Encoding", "Connection", "Content-Length", "Content-Type", "Host", "User-Agent");
        assertThat(request.getHeaders().get("Content-Type")).isEqualTo("application/octet-stream");
        assertThat(request.getHeaders().get("Content-Length")).isEqualTo("100000");
        assertThat(request.getHeaders().get("User-Agent")).isEqualTo("imageferry/1.2.3");
    }

    @Test
    void reports_progress_and_records_the_request() throws Exception {
        SentFile file = SentFile.of(directory, 300_000);
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        List<Long> totals = new ArrayList<>();
        server.enqueue(stored(file));

        SentFile.bucket(Duration.ofSeconds(30), Duration.ofSeconds(30), new Bandwidth(), registry)
                .put(
                        SentFile.url("http", server.getPort()),
                        file.path(),
                        file.checked(),
                        file.fingerprint(),
                        SentFile.YES,
                        totals::add);

        assertThat(totals).isSorted().doesNotHaveDuplicates().endsWith(300_000L).hasSizeGreaterThan(2);
        assertThat(registry.get("imageferry_linode_request")
                        .tags("operation", "put", "status", "200")
                        .timer()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void calls_the_guard_once_before_the_final_bytes() throws Exception {
        SentFile file = SentFile.of(directory, 300_000);
        List<Long> sentWhenAsked = new ArrayList<>();
        List<Long> totals = new ArrayList<>();
        server.enqueue(stored(file));

        SentFile.patientBucket()
                .put(
                        SentFile.url("http", server.getPort()),
                        file.path(),
                        file.checked(),
                        file.fingerprint(),
                        () -> sentWhenAsked.add(totals.getLast()),
                        totals::add);

        assertThat(sentWhenAsked).containsExactly(300_000L - 65_536);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"0123456789abcdef0123456789abcdef\"",
                "0123456789ABCDEF0123456789ABCDEF",
                "W/\"0123456789abcdef0123456789abcdef\""
            })
    void detects_an_etag_of_other_bytes(String etag) throws Exception {
        SentFile file = SentFile.of(directory, 100_000);
        server.enqueue(
                new MockResponse.Builder().code(200).setHeader("ETag", etag).build());

        PutResult result = file.putTo(server.getPort());

        assertThat(result)
                .isInstanceOfSatisfying(
                        PutResult.Corrupted.class,
                        corrupted -> assertThat(corrupted.problem().code()).isEqualTo(ErrorCode.UPLOAD_CORRUPTED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"\"", "\"0123456789abcdef0123456789abcdef-3\"", "\"opaque\""})
    void accepts_an_etag_that_is_not_an_md5(String etag) throws Exception {
        SentFile file = SentFile.of(directory, 100_000);
        server.enqueue(
                new MockResponse.Builder().code(200).setHeader("ETag", etag).build());

        PutResult result = file.putTo(server.getPort());

        assertThat(result).isInstanceOf(PutResult.Stored.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void does_not_follow_redirects(int code) throws Exception {
        SentFile file = SentFile.of(directory, 100_000);
        try (MockWebServer other = new MockWebServer()) {
            other.start();
            server.enqueue(new MockResponse.Builder()
                    .code(code)
                    .setHeader("Location", other.url("/elsewhere").toString())
                    .build());

            PutResult result = file.putTo(server.getPort());

            assertThat(result).isInstanceOf(PutResult.Refused.class);
            assertThat(other.getRequestCount()).isZero();
        }
    }

    @Test
    void sends_nothing_over_http_to_another_host() throws Exception {
        SentFile file = SentFile.of(directory, 1000);
        var url = new dev.imageferry.job.UploadUrl("http://bucket.example/x?Signature=" + SentFile.SIGNATURE);

        assertThatThrownBy(() -> SentFile.patientBucket()
                        .put(url, file.path(), file.checked(), file.fingerprint(), SentFile.YES, total -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("Signature");
    }

    @Test
    void propagates_an_exception_of_the_guard_and_stores_nothing() throws Exception {
        SentFile file = SentFile.of(directory, 300_000);
        try (RawServer raw = new RawServer(connection -> connection.readBody(Long.MAX_VALUE))) {
            assertThatThrownBy(() -> file.putTo(SentFile.patientBucket(), raw.port(), () -> {
                        throw new IllegalArgumentException("the database is gone");
                    }))
                    .hasRootCauseMessage("the database is gone");
            assertThat(raw.served().body()).hasSizeLessThan(300_000);
        }
    }
}
