package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.SettableClock;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageRecord.RegionCopy;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HttpLinodeImagesTest {
    static final String TOKEN = "token-that-must-stay-secret";
    static final NewImage NEW =
            new NewImage("debian-12", "us-ord", "from debian-12.img.gz", true, List.of("imageferry-0-1", "prod"));

    /** An answer of Linode, with fields in any order and unknown ones. */
    static final String IMAGE = """
            {"id": "private/123", "label": "debian-12", "description": "d", "created": "2021-08-14T22:44:02",
             "updated": "2021-08-14T22:44:02", "size": 0, "total_size": 0, "type": "manual", "tags": ["imageferry-0-1"],
             "is_public": false, "deprecated": false, "vendor": null, "expiry": null, "eol": null,
             "status": "pending_upload", "capabilities": ["cloud-init"], "is_shared": false, "new_thing": {"a": [1]},
             "regions": [{"region": "us-ord", "status": "available"}, {"region": "us-iad", "status": "pending replication"}]}
            """;

    @TempDir
    Path directory;

    final MockWebServer server = new MockWebServer();
    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    final SettableClock clock = new SettableClock(SentFile.NOW);

    @BeforeEach
    void start() throws IOException {
        server.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** Settings of the daemon. */
    record Settings(Optional<String> token, Optional<Path> tokenFile, URI url) implements LinodeSettings {}

    private TokenSource token() {
        return new TokenSource(new Settings(Optional.of(TOKEN), Optional.empty(), URI.create("http://unused")));
    }

    private HttpLinodeImages images() {
        return images(token());
    }

    private HttpLinodeImages images(TokenSource token) {
        return new HttpLinodeImages(
                URI.create("http://127.0.0.1:" + server.getPort()), token, "1.2.3", clock, clock, registry);
    }

    private void answer(int code, String body, String... headers) {
        MockResponse.Builder response = new MockResponse.Builder().code(code).body(body);
        for (int i = 0; i < headers.length; i += 2) {
            response.setHeader(headers[i], headers[i + 1]);
        }
        server.enqueue(response.build());
    }

    private static <T> T value(Answer<T> answer) {
        assertThat(answer).isInstanceOf(Answer.Ok.class);
        return ((Answer.Ok<T>) answer).value();
    }

    private static <T> Answer.Refused<T> refused(Answer<T> answer) {
        assertThat(answer).isInstanceOf(Answer.Refused.class);
        assertThat(answer.toString()).doesNotContain(TOKEN, SentFile.SIGNATURE);
        return (Answer.Refused<T>) answer;
    }

    private static String path(RecordedRequest request) {
        return request.getMethod() + " " + request.getTarget();
    }

    @Test
    void creates_an_image_and_returns_the_upload_url() throws Exception {
        String url = SentFile.url("http", 9).value();
        answer(200, "{\"upload_to\": \"" + url + "\", \"image\": " + IMAGE + "}");

        CreatedImage created = value(images().create(NEW));

        assertThat(created.uploadTo().value()).isEqualTo(url);
        assertThat(created.image())
                .isEqualTo(new RemoteImage(
                        "private/123",
                        "debian-12",
                        "pending_upload",
                        List.of(new RegionCopy("us-ord", "available"), new RegionCopy("us-iad", "pending replication")),
                        List.of("imageferry-0-1"),
                        false));
        assertThat(created.toString()).doesNotContain(SentFile.SIGNATURE);
        RecordedRequest request = server.takeRequest();
        assertThat(path(request)).isEqualTo("POST /v4/images/upload");
        assertThat(request.getHeaders().get("Authorization")).isEqualTo("Bearer " + TOKEN);
        assertThat(request.getHeaders().get("User-Agent")).isEqualTo("imageferry/1.2.3");
        assertThat(request.getHeaders().get("Content-Type")).startsWith("application/json");
        ObjectMapper json = new ObjectMapper();
        assertThat(json.readTree(request.getBody().utf8())).isEqualTo(json.readTree("""
                        {"label": "debian-12", "region": "us-ord", "description": "from debian-12.img.gz",
                         "cloud_init": true, "tags": ["imageferry-0-1", "prod"]}
                        """));
    }

    @Test
    void refuses_an_upload_url_without_https() throws Exception {
        answer(
                200,
                "{\"upload_to\": \"http://bucket.example/x?Signature=" + SentFile.SIGNATURE + "\", \"image\": " + IMAGE
                        + "}");

        Answer.Refused<CreatedImage> refused = refused(images().create(NEW));

        assertThat(refused.outcomeUnknown()).isTrue();
        assertThat(refused.problem().message()).contains("private/123", "not https");
    }

    @Test
    void gets_deletes_and_replicates_by_id() throws Exception {
        HttpLinodeImages images = images();
        answer(200, IMAGE);
        answer(200, "{}");
        answer(200, IMAGE);
        answer(200, "{\"username\": \"someone\", \"email\": \"x@example.org\"}");

        assertThat(value(images.get("private/123")).statusOrNull()).isEqualTo("pending_upload");
        assertThat(value(images.delete("private/123"))).isEqualTo(Done.DONE);
        assertThat(value(images.replicate("private/123", List.of("us-iad", "us-ord")))
                        .regionsOrNull())
                .hasSize(2);
        assertThat(value(images.profile()).username()).isEqualTo("someone");

        assertThat(path(server.takeRequest())).isEqualTo("GET /v4/images/private%2F123");
        assertThat(path(server.takeRequest())).isEqualTo("DELETE /v4/images/private%2F123");
        RecordedRequest replicate = server.takeRequest();
        assertThat(path(replicate)).isEqualTo("POST /v4/images/private%2F123/regions");
        assertThat(replicate.getBody().utf8()).isEqualTo("{\"regions\":[\"us-iad\",\"us-ord\"]}");
        assertThat(path(server.takeRequest())).isEqualTo("GET /v4/profile");
    }

    @Test
    void a_missing_field_is_unknown_and_not_empty() throws Exception {
        answer(200, "{\"id\":\"private/9\",\"created\":\"yesterday\",\"regions\":null,\"label\":null}");

        assertThat(value(images().get("private/9")))
                .isEqualTo(new RemoteImage("private/9", null, null, null, null, false));
    }

    @Test
    void an_empty_list_is_empty() throws Exception {
        answer(200, "{\"id\":\"private/9\",\"status\":\"creating\",\"regions\":[],\"tags\":[]}");

        assertThat(value(images().get("private/9")))
                .isEqualTo(new RemoteImage("private/9", null, "creating", List.of(), List.of(), false));
    }

    @Test
    void a_list_of_regions_with_an_unnamed_one_is_unknown() throws Exception {
        answer(200, "{\"id\":\"private/9\",\"regions\":[{\"region\":\"us-ord\"},{\"status\":\"available\"}]}");

        assertThat(value(images().get("private/9")).regionsOrNull()).isNull();
    }

    @Test
    void refuses_an_answer_about_another_image() throws Exception {
        answer(200, IMAGE);

        assertThat(refused(images().get("private/124")).problem().message()).contains("no usable content");
    }

    @Test
    void lists_private_images_from_all_pages() throws Exception {
        answer(
                200,
                "{\"data\":[{\"id\":\"private/1\"},{\"id\":\"linode/debian12\",\"is_public\":true}],\"page\":1,\"pages\":2}");
        answer(200, "{\"data\":[{\"id\":\"private/1\"},{\"id\":\"private/2\"}],\"page\":2,\"pages\":2}");

        List<RemoteImage> listed = value(images().privateImages());

        assertThat(listed).extracting(RemoteImage::id).containsExactly("private/1", "private/2");
        RecordedRequest first = server.takeRequest();
        assertThat(path(first)).isEqualTo("GET /v4/images?page=1&page_size=500");
        assertThat(first.getHeaders().get("X-Filter")).isEqualTo("{\"is_public\":false}");
        assertThat(path(server.takeRequest())).isEqualTo("GET /v4/images?page=2&page_size=500");
    }

    @Test
    void refuses_an_incomplete_listing() throws Exception {
        answer(200, "{\"data\":[{\"id\":\"private/1\"}],\"page\":1,\"pages\":2}");
        answer(500, "");

        assertThat(refused(images().privateImages()).problem().code()).isEqualTo(ErrorCode.LINODE_ERROR);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'data':[{'id':'private/1'}],'page':1,'pages':1,'results':2}",
                "{'data':[],'page':1,'pages':1,'results':1}",
                "{'data':[{'id':'private/1'},{'label':'x'}],'page':1,'pages':1,'results':2}",
                "{'data':[{'id':'private/1'}]}",
                "{'data':[{'id':'private/1'}],'pages':'many'}",
                "{'data':[{'id':'private/1'},{'id':'private/1'}],'page':1,'pages':1,'results':2}"
            })
    void refuses_a_listing_with_fewer_entries_than_announced(String body) throws Exception {
        answer(200, body.replace('\'', '"'));

        assertThat(refused(images().privateImages()).problem())
                .satisfies(problem -> assertThat(problem.code()).isEqualTo(ErrorCode.LINODE_ERROR))
                .satisfies(problem -> assertThat(problem.message()).contains("list the images", "is incomplete"));
    }

    @Test
    void refuses_a_listing_that_changed_between_pages() throws Exception {
        answer(200, "{\"data\":[{\"id\":\"private/1\"}],\"page\":1,\"pages\":2,\"results\":2}");
        answer(200, "{\"data\":[{\"id\":\"private/3\"}],\"page\":2,\"pages\":2,\"results\":3}");

        assertThat(refused(images().privateImages()).problem().message()).contains("changed while it was read");
    }

    @Test
    void reads_up_to_the_number_of_entries_if_the_number_of_pages_is_missing() throws Exception {
        answer(200, "{\"data\":[{\"id\":\"private/1\"}],\"results\":2}");
        answer(200, "{\"data\":[{\"id\":\"private/2\"}],\"results\":2}");

        assertThat(value(images().privateImages()))
                .extracting(RemoteImage::id)
                .containsExactly("private/1", "private/2");
    }

    @Test
    void lists_an_empty_account() throws Exception {
        answer(200, "{\"data\":[],\"page\":0,\"pages\":0,\"results\":0}");

        assertThat(value(images().privateImages())).isEmpty();
    }

    @Test
    void takes_the_time_at_linode_from_its_last_answer() throws Exception {
        HttpLinodeImages images = images();
        assertThat(images.serviceTime()).isEmpty();
        answer(200, "{\"username\":\"x\"}", "Date", "Mon, 23 Nov 2026 09:00:00 GMT");
        answer(404, "{\"errors\":[{\"reason\":\"Not found\"}]}", "Date", "Mon, 23 Nov 2026 11:00:00 GMT");
        answer(404, "<html></html>", "Date", "Mon, 23 Nov 2026 15:00:00 GMT");

        assertThat(value(images.profile()).username()).isEqualTo("x");
        clock.advance(Duration.ofMinutes(30));
        clock.set(Duration.ofDays(-2));
        assertThat(images.serviceTime()).contains(Instant.parse("2026-11-23T09:30:00Z"));

        assertThat(images.get("private/9")).isInstanceOf(Answer.NotFound.class);
        assertThat(images.serviceTime()).contains(Instant.parse("2026-11-23T11:00:00Z"));

        // the clock of a proxy is not that of Linode
        assertThat(images.get("private/9")).isInstanceOf(Answer.Refused.class);
        assertThat(images.serviceTime()).contains(Instant.parse("2026-11-23T11:00:00Z"));
    }

    @Test
    void a_429_of_a_proxy_delays_no_other_call() throws Exception {
        HttpLinodeImages images = images();
        answer(429, "<html>slow down</html>", "Retry-After", "600");
        answer(200, IMAGE);

        assertThat(refused(images.get("private/123")).problem().retryAfter()).contains(Duration.ofMinutes(10));
        assertThat(value(images.get("private/123")).id()).isEqualTo("private/123");
    }

    @Test
    void requests_only_the_events_of_the_upload() throws Exception {
        answer(200, """
                {"data": [
                  {"id": 1, "status": "started", "message": null, "created": "2021-08-14T22:44:02", "action": "image_upload",
                   "entity": {"id": 123, "type": "image"}},
                  {"id": 2, "status": "failed", "message": "Failed to decompress image", "created": "2021-08-14T22:45:02",
                   "action": "image_upload", "entity": {"id": 123}},
                  {"id": 3, "status": "failed", "message": "of another", "action": "image_upload", "entity": {"id": 124}},
                  {"id": 4, "status": "failed", "message": "of another kind", "action": "image_delete", "entity": {"id": 123}},
                  {"id": 5, "status": "failed", "message": "of an unknown entity", "action": "image_upload"},
                  {"id": 6, "status": "failed", "message": "of an unknown entity", "entity": null, "action": "image_upload"},
                  {"id": 7, "status": "failed", "message": "of an unknown action", "entity": {"id": 123}}
                ], "page": 1, "pages": 1}
                """);

        List<ImageEvent> events = value(images().uploadEvents("private/123"));

        assertThat(events)
                .containsExactly(
                        new ImageEvent(1, "started", null, Instant.parse("2021-08-14T22:44:02Z")),
                        new ImageEvent(
                                2, "failed", "Failed to decompress image", Instant.parse("2021-08-14T22:45:02Z")));
        RecordedRequest request = server.takeRequest();
        assertThat(path(request)).isEqualTo("GET /v4/account/events");
        assertThat(request.getHeaders().get("X-Filter"))
                .isEqualTo("{\"+order\":\"asc\",\"+order_by\":\"created\",\"entity.id\":123,\"entity.type\":\"image\","
                        + "\"action\":\"image_upload\"}");
    }

    @Test
    void does_not_send_the_token_to_a_redirect() throws Exception {
        try (MockWebServer other = new MockWebServer()) {
            other.start();
            answer(302, "", "Location", other.url("/v4/profile").toString());

            Answer.Refused<Profile> refused = refused(images().profile());

            assertThat(refused.problem().message()).contains("302");
            assertThat(other.getRequestCount()).isZero();
        }
    }

    @Test
    void does_not_retry_a_call() throws Exception {
        HttpLinodeImages images = images();
        answer(200, "{\"username\":\"x\"}");
        assertThat(value(images.profile()).username()).isEqualTo("x"); // leaves a connection for reuse
        server.enqueue(new MockResponse.Builder()
                .onResponseStart(new SocketEffect.CloseSocket())
                .build());
        answer(200, "{}");

        Answer.Refused<CreatedImage> refused = refused(images.create(NEW));

        assertThat(refused.outcomeUnknown()).isTrue();
        assertThat(refused.cause()).isEqualTo(Cause.UNREACHABLE);
        assertThat(server.getRequestCount()).isEqualTo(2);
    }

    @Test
    void a_refused_connection_had_no_effect() throws Exception {
        HttpLinodeImages images = images();
        server.close();

        Answer.Refused<CreatedImage> refused = refused(images.create(NEW));

        assertThat(refused.outcomeUnknown()).isFalse();
        assertThat(refused.problem().code()).isEqualTo(ErrorCode.LINODE_UNAVAILABLE);
    }

    @Test
    void a_truncated_answer_leaves_the_outcome_unknown() throws Exception {
        server.enqueue(new MockResponse.Builder()
                .body("{\"upload_to\": \"" + "x".repeat(5000))
                .onResponseBody(new SocketEffect.CloseSocket())
                .build());

        assertThat(refused(images().create(NEW)).outcomeUnknown()).isTrue();
    }

    @Test
    void limits_the_length_of_an_answer() throws Exception {
        answer(200, "{\"id\":\"private/1\",\"label\":\"" + "x".repeat(1024 * 1024) + "\"}");

        assertThat(refused(images().get("private/1")).problem().message()).contains("no usable content");
    }

    @Test
    void accepts_the_longest_listing() throws Exception {
        String filler = "x".repeat(3000);
        StringBuilder data = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            data.append(i == 0 ? "" : ",").append("{\"id\":\"private/" + i + "\",\"description\":\"" + filler + "\"}");
        }
        answer(200, "{\"data\":[" + data + "],\"page\":1,\"pages\":1}");

        assertThat(value(images().privateImages())).hasSize(500);
    }

    @Test
    void makes_no_call_after_a_429() throws Exception {
        HttpLinodeImages images = images();
        answer(429, "{\"errors\":[{\"reason\":\"Too many requests\"}]}", "Retry-After", "30");
        answer(200, IMAGE);

        assertThat(refused(images.get("private/123")).cause()).isEqualTo(Cause.RATE_LIMITED);
        clock.advance(Duration.ofSeconds(10));
        Answer.Refused<RemoteImage> resting = refused(images.get("private/123"));
        assertThat(resting.problem().code()).isEqualTo(ErrorCode.RATE_LIMITED);
        assertThat(resting.problem().retryAfter()).contains(Duration.ofSeconds(20));
        assertThat(server.getRequestCount()).isEqualTo(1);

        clock.advance(Duration.ofSeconds(20));
        assertThat(value(images.get("private/123")).id()).isEqualTo("private/123");
    }

    @Test
    void exports_the_remaining_calls() throws Exception {
        HttpLinodeImages images = images();
        assertThat(registry.get("imageferry_linode_rate_limit_remaining")
                        .gauge()
                        .value())
                .isNaN();
        answer(200, IMAGE, "X-RateLimit-Remaining", "1599");

        assertThat(value(images.get("private/123")).id()).isEqualTo("private/123");

        assertThat(registry.get("imageferry_linode_rate_limit_remaining")
                        .gauge()
                        .value())
                .isEqualTo(1599);
    }

    @Test
    void records_each_call_by_operation_and_status() throws Exception {
        HttpLinodeImages images = images();
        answer(200, IMAGE);
        answer(502, "<html></html>");
        assertThat(value(images.get("private/123")).id()).isEqualTo("private/123");
        assertThat(refused(images.delete("private/123")).cause()).isEqualTo(Cause.SERVER);
        server.close();
        assertThat(refused(images.profile()).cause()).isEqualTo(Cause.UNREACHABLE);

        for (List<String> tags : List.of(List.of("get", "200"), List.of("delete", "502"), List.of("profile", "none"))) {
            assertThat(registry.get("imageferry_linode_request")
                            .tags("operation", tags.get(0), "status", tags.get(1))
                            .timer()
                            .count())
                    .isEqualTo(1);
        }
    }

    @Test
    void recognises_the_simulated_linode_by_its_header() throws Exception {
        HttpLinodeImages images = images();
        assertThat(images.simulated()).isFalse();
        answer(200, "{\"username\":\"x\"}", "X-Simulated-Linode", "true");

        assertThat(value(images.profile()).username()).isEqualTo("x");

        assertThat(images.simulated()).isTrue();
    }

    @Test
    void uses_a_rotated_token_for_the_next_call() throws Exception {
        Path file = Files.writeString(directory.resolve("token"), "first-token\n");
        HttpLinodeImages images =
                images(new TokenSource(new Settings(Optional.empty(), Optional.of(file), URI.create("http://unused"))));
        answer(429, "{\"errors\":[{\"reason\":\"Too many requests\"}]}", "Retry-After", "600");
        answer(200, "{\"username\":\"x\"}");
        assertThat(refused(images.profile()).cause()).isEqualTo(Cause.RATE_LIMITED);

        Files.writeString(file, "the-second-token\n");

        // limits apply per token
        assertThat(value(images.profile()).username()).isEqualTo("x");
        assertThat(server.takeRequest().getHeaders().get("Authorization")).isEqualTo("Bearer first-token");
        assertThat(server.takeRequest().getHeaders().get("Authorization")).isEqualTo("Bearer the-second-token");
    }

    @Test
    void cancels_the_call_when_its_caller_is_interrupted() throws Exception {
        CompletableFuture<String> asked = new CompletableFuture<>();
        try (RawServer silent = new RawServer(connection -> {
            asked.complete(connection.head);
            connection.readBody(Long.MAX_VALUE);
        })) {
            HttpLinodeImages images = new HttpLinodeImages(
                    URI.create("http://127.0.0.1:" + silent.port()), token(), "1.2.3", clock, registry);
            CompletableFuture<Answer<CreatedImage>> result = new CompletableFuture<>();
            Thread caller = Thread.ofPlatform().start(() -> {
                try {
                    result.complete(images.create(NEW));
                } catch (InterruptedException e) {
                    result.completeExceptionally(e);
                    Thread.currentThread().interrupt();
                }
            });
            assertThat(asked.get(20, TimeUnit.SECONDS)).startsWith("POST /v4/images/upload");

            caller.interrupt();

            assertThatThrownBy(() -> result.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(InterruptedException.class);
            // the server has seen the end of the connection
            assertThat(silent.served().body()).isNotEmpty();
        }
    }

    @Test
    void refuses_an_untrusted_certificate() throws Exception {
        try (RawServer tls = new RawServer(TestTls.SERVER.getServerSocketFactory(), connection -> {})) {
            HttpLinodeImages images = new HttpLinodeImages(
                    URI.create("https://127.0.0.1:" + tls.port()), token(), "1.2.3", clock, registry);

            Answer.Refused<Profile> refused = refused(images.profile());

            assertThat(refused.problem().message()).contains("certification path");
            assertThat(refused.cause()).isEqualTo(Cause.UNREACHABLE);
        }
    }
}
