package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.daemon.Daemon;
import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.JobState;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** REST API over PostgreSQL, a folder and the running daemon. The files are not gzip, so their jobs end without Linode. */
@QuarkusTest
@TestProfile(RealQueueTest.Profile.class)
@QuarkusTestResource(value = RealQueue.class, restrictToAnnotatedClass = true)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@SuppressWarnings("NullAway.Init") // Quarkus sets the fields
class RealQueueTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int PRIORITIES = 3;
    private static final Pattern JOB_ROW = Pattern.compile("<tr class=\"job[^>]* id=\"job-[^\"]+");

    /** Uses a free port, and other names of images. */
    public static final class Profile implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.http.test-port", "0", "imageferry.drop.names", ".img.gz,.disk.gz");
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

    @RealQueue.DatabaseStop
    Runnable stopDatabase;

    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void startOnce() throws InterruptedException {
        if (!queue.isStarted()) {
            daemon.start();
            RawHttp.until(queue::isStarted, LONG);
        }
    }

    @Test
    @Order(1)
    void wait_covers_a_file_from_before_the_drop_until_its_job_has_ended() throws Exception {
        CompletableFuture<HttpResponse<String>> answer =
                client.sendAsync(request("api/v1/jobs?file=pipeline/image.img.gz&wait=2m"), BodyHandlers.ofString());

        drop("pipeline/image.img.gz", 0);

        JsonNode job = json.readTree(
                        answer.get(LONG.toSeconds(), TimeUnit.SECONDS).body())
                .at("/items/0");
        assertThat(job.get("state").asText()).isEqualTo("REJECTED");
        assertThat(job.at("/error/code").asText()).isEqualTo("not-gzip");
        JsonNode history = get("api/v1/jobs/" + job.get("id").asText() + "/history");
        assertThat(history).extracting(entry -> entry.get("to").asText()).contains("QUEUED", "CHECKING", "REJECTED");
        assertThat(history.get(0).get("from").isNull()).isTrue();
        assertThat(get("api/v1/jobs/" + job.get("id").asText()).get("file").asText())
                .isEqualTo("pipeline/image.img.gz");
        JsonNode counts = get("api/v1/summary").get("jobs");
        assertThat(counts.get("REJECTED").asInt()).isPositive();
        List<String> states = new ArrayList<>();
        counts.fieldNames().forEachRemaining(states::add);
        assertThat(states)
                .containsExactly(
                        Arrays.stream(JobState.values()).map(JobState::name).toArray(String[]::new));
    }

    @ParameterizedTest
    @Order(2)
    @ValueSource(strings = {"newest", "oldest", "priority"})
    void pages_contain_every_job_once_and_in_order(String order) throws Exception {
        dropSeries();
        List<JsonNode> seen = new ArrayList<>();
        String after = "";

        do {
            JsonNode page = get("api/v1/jobs?file=series/*&limit=2&order=" + order + "&after=" + after);
            page.get("items").forEach(seen::add);
            after = page.get("next").isNull() ? "" : page.get("next").asText();
        } while (!after.isEmpty());

        assertThat(seen).extracting(job -> job.get("file").asText()).hasSize(7).doesNotHaveDuplicates();
        List<String> keys = seen.stream().map(job -> key(order, job)).toList();
        assertThat(keys).isSorted();
    }

    /** A text that sorts like the order. */
    private static String key(String order, JsonNode job) {
        String created = Instant.parse(job.get("createdAt").asText()).toString();
        long micros = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(created));
        return switch (order) {
            case "newest" -> "%020d".formatted(Long.MAX_VALUE - micros);
            case "oldest" -> "%020d".formatted(micros);
            default -> "%03d %020d".formatted(PRIORITIES - job.get("priority").asInt(), micros);
        };
    }

    @ParameterizedTest
    @Order(3)
    @CsvSource({
        "names/100%*,1",
        "names/100_*,1",
        "names/100!*,1",
        "names/100*,4",
        "names/1__*,0",
        "*.img.gz,4",
        "names/100\\*,1",
        "names/100,0",
        "names/%,0"
    })
    void the_asterisk_is_the_only_wildcard(String wildcard, int matches) throws Exception {
        for (String name : List.of("100%", "100_", "100!", "100\\")) {
            drop("names/" + name + ".img.gz", 0);
        }
        awaitEnd("names/*", 4);
        String query = wildcard.startsWith("*") ? "names/" + wildcard : wildcard;

        assertThat(get("api/v1/jobs?file=" + encode(query)).get("items")).hasSize(matches);
    }

    @Test
    @Order(4)
    void lists_files_that_are_not_jobs() throws Exception {
        Files.write(folder.resolve("<b>raw<b>.img"), new byte[] {1, 2, 3});

        RawHttp.until(() -> listed("<b>raw<b>.img"), LONG);
    }

    @Test
    @Order(4)
    void pauses_and_resumes_the_queue() throws Exception {
        assertThat(post("api/v1/queue/pause")).isEqualTo(204);
        assertThat(get("api/v1/summary").get("paused").asBoolean()).isTrue();

        assertThat(post("api/v1/queue/resume")).isEqualTo(204);
        assertThat(get("api/v1/summary").get("paused").asBoolean()).isFalse();
    }

    private int post(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(root.resolve(path))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        return client.send(request, BodyHandlers.ofString()).statusCode();
    }

    @Test
    @Order(4)
    void wait_covers_a_new_file_with_the_name_of_an_ended_job() throws Exception {
        drop("nightly.img.gz", 0);
        awaitEnd("nightly.img.gz", 1);
        Files.writeString(folder.resolve("nightly.img.gz"), "no gzip, the second build");

        JsonNode items = get("api/v1/jobs?file=nightly.img.gz&wait=1m").get("items");

        assertThat(items).hasSize(2);
        assertThat(items).extracting(job -> job.get("state").asText()).containsOnly("REJECTED");
        assertThat(items.get(0).get("compressedBytes").asInt()).isEqualTo("no gzip, the second build".length());
    }

    @Test
    @Order(4)
    void a_received_image_is_a_job_at_once_and_is_found_by_id_and_since() throws Exception {
        Instant before = Instant.now();

        HttpResponse<String> answer = put("sent/by%20http.img.gz");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        JsonNode job = json.readTree(answer.body());
        String id = job.get("id").asText();
        assertThat(job.get("file").asText()).isEqualTo("sent/by http.img.gz");
        assertThat(job.get("state").asText()).isEqualTo("QUEUED");
        assertThat(answer.headers().firstValue("Location"))
                .hasValueSatisfying(location -> assertThat(location).endsWith("/api/v1/jobs/" + id));
        assertThat(get("api/v1/drop"))
                .as(get("api/v1/drop").toString())
                .extracting(file -> file.get("file").asText())
                .doesNotContain("sent/by http.img.gz");
        JsonNode ended = get("api/v1/jobs?wait=1m&id=" + id).at("/items/0");
        assertThat(ended.get("state").asText()).isEqualTo("REJECTED");
        assertThat(get("api/v1/jobs?file=sent/*&since=" + before).get("items")).hasSize(1);
        assertThat(get("api/v1/jobs?file=sent/*&since=" + before.plusSeconds(3600))
                        .get("items"))
                .isEmpty();
        assertThat(get("api/v1/jobs?sha256=" + "0".repeat(64)).get("items")).isEmpty();
        assertThat(get("api/v1/jobs/" + id + "/history")).hasSizeGreaterThan(1);
    }

    @Test
    @Order(4)
    void a_received_file_with_an_ending_of_the_setting_is_a_job() throws Exception {
        HttpResponse<String> image = put("endings/x.disk.gz");
        HttpResponse<String> other = put("endings/x.raw.gz");

        assertThat(image.statusCode()).as(image.body()).isEqualTo(201);
        JsonNode job = json.readTree(image.body());
        assertThat(job.path("state").asText()).as(image.body()).isEqualTo("QUEUED");
        assertThat(get("api/v1/jobs?wait=1m&id=" + job.get("id").asText())
                        .at("/items/0/state")
                        .asText())
                .isEqualTo("REJECTED");
        assertThat(other.statusCode()).as(other.body()).isEqualTo(400);
        assertThat(other.body()).contains("rename it to end in .img.gz");
    }

    @Test
    @Order(4)
    void the_page_judges_names_by_the_endings_of_the_setting() throws Exception {
        JsonNode refusals = get("names?name=x.disk.gz&name=x.raw.gz");

        assertThat(refusals).hasSize(2);
        assertThat(refusals.get(0).asText()).isEmpty();
        assertThat(refusals.get(1).asText()).contains("rename it to end in .img.gz");
    }

    @Test
    @Order(4)
    void many_jobs_are_retried_and_refused_at_once() throws Exception {
        for (int i = 0; i < 3; i++) {
            drop("many/" + i + ".img.gz", 0);
        }
        awaitEnd("many/*", 3);
        RawHttp.until(
                () -> getUnchecked("api/v1/jobs?file=many/*").get("items").findValues("archived").stream()
                        .allMatch(JsonNode::asBoolean),
                LONG);

        JsonNode retried = json.readTree(client.send(
                        HttpRequest.newBuilder(root.resolve("api/v1/jobs/retry?state=REJECTED&file=many/*"))
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        BodyHandlers.ofString())
                .body());
        awaitEnd("many/*", 3);
        JsonNode cancelled = json.readTree(client.send(
                        HttpRequest.newBuilder(root.resolve("api/v1/jobs/cancel?file=many/*"))
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        BodyHandlers.ofString())
                .body());

        assertThat(retried.get("changed").asInt()).isEqualTo(3);
        assertThat(retried.get("refused")).isEmpty();
        assertThat(cancelled.get("changed").asInt()).isZero();
        assertThat(cancelled.get("refused"))
                .hasSize(3)
                .allSatisfy(
                        refusal -> assertThat(refusal.get("reason").asText()).contains("REJECTED"));
        assertThat(post("api/v1/jobs/retry")).isEqualTo(400);
        String manyIds = Stream.generate(UUID::randomUUID)
                .limit(500)
                .map(id -> "id=" + id)
                .collect(Collectors.joining("&"));
        assertThat(post("api/v1/jobs/retry?" + manyIds)).isEqualTo(200);
    }

    @Test
    @Order(4)
    void the_page_shows_each_job_once_while_jobs_change() throws Exception {
        dropSeries();
        AtomicBoolean read = new AtomicBoolean();
        CompletableFuture<Integer> retries = CompletableFuture.supplyAsync(() -> {
            int retried = 0;
            while (!read.get()) {
                retried += retryUnchecked("series/*");
            }
            return retried;
        });

        try {
            for (int i = 0; i < 150; i++) {
                String page = client.send(request(""), BodyHandlers.ofString()).body();

                assertThat(JOB_ROW.matcher(page).results().map(MatchResult::group))
                        .as(page)
                        .isNotEmpty()
                        .doesNotHaveDuplicates();
            }
        } finally {
            read.set(true);
        }
        assertThat(retries.get(LONG.toSeconds(), TimeUnit.SECONDS)).isGreaterThan(7);
    }

    private int retryUnchecked(String wildcard) {
        try {
            String answer = client.send(
                            HttpRequest.newBuilder(root.resolve("api/v1/jobs/retry?file=" + encode(wildcard)))
                                    .POST(HttpRequest.BodyPublishers.noBody())
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            return json.readTree(answer).get("changed").asInt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Test
    @Order(5)
    void is_not_ready_while_linode_is_unavailable() throws Exception {
        HttpResponse<String> ready = client.send(request("q/health/ready"), BodyHandlers.ofString());

        assertThat(ready.statusCode()).isEqualTo(503);
        Map<String, String> status = new HashMap<>();
        json.readTree(ready.body())
                .get("checks")
                .forEach(check -> status.put(
                        check.get("name").asText(), check.get("status").asText()));
        assertThat(status)
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("start", "UP", "database", "UP", "folder", "UP", "linode", "DOWN"));
    }

    @Test
    @Order(5)
    void a_timetable_is_kept_as_sent_and_shown_with_what_applies_now_and_next() throws Exception {
        assertThat(setBandwidth("{\"limit\":\"Mon-08:00,10M Tue-08:00,off\"}").statusCode())
                .isEqualTo(200);

        assertThat(get("api/v1/bandwidth").get("limit").asText()).isEqualTo("Mon-08:00,10M Tue-08:00,off");
        JsonNode bandwidth = get("api/v1/summary").get("bandwidth");
        boolean limited = bandwidth.get("limit").asText().equals("10M");
        assertThat(bandwidth.get("next").get("limit").asText()).isEqualTo(limited ? "off" : "10M");
        assertThat(Instant.parse(bandwidth.get("next").get("at").asText())).isAfter(Instant.now());
        String page = client.send(request(""), BodyHandlers.ofString()).body();
        assertThat(page)
                .contains("value=\"Mon-08:00,10M Tue-08:00,off\"")
                .containsPattern(
                        "now (10M, <time [^>]+>[^<]+</time> no limit|no limit, <time [^>]+>[^<]+</time> 10M)<");

        HttpResponse<String> refused = setBandwidth("{\"limit\":\"Mon-08:00,10M:1M\"}");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json.readTree(refused.body()).get("detail").asText()).contains("10M:1M", "only uploads");

        assertThat(setBandwidth("{\"limit\":null}").statusCode()).isEqualTo(200);
        assertThat(get("api/v1/bandwidth").get("limit").isNull()).isTrue();
        assertThat(get("api/v1/summary").get("bandwidth"))
                .isEqualTo(json.readTree("{\"limit\":\"off\",\"next\":null}"));
        assertThat(client.send(request(""), BodyHandlers.ofString()).body()).doesNotContain("id=\"timetable\"");
    }

    private HttpResponse<String> setBandwidth(String body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(root.resolve("api/v1/bandwidth"))
                        .header("Content-Type", "application/json")
                        .PUT(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void without_a_database_the_daemon_answers_503_and_is_live_but_not_ready() throws Exception {
        stopDatabase.run();

        for (String path : List.of(
                "api/v1/jobs",
                "api/v1/summary",
                "api/v1/jobs/00000000-0000-0000-0000-000000000000",
                "api/v1/jobs?wait=1m")) {
            HttpResponse<String> answer = client.send(request(path), BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(path).isEqualTo(503);
            assertThat(json.readTree(answer.body()).get("type").asText())
                    .isEqualTo("urn:imageferry:problem:database-unavailable");
        }
        assertThat(client.send(request("q/health/ready"), BodyHandlers.ofString())
                        .body())
                .containsPattern("\"name\": \"database\",\\s+\"status\": \"DOWN\"");
        assertThat(client.send(request("q/health/live"), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
    }

    private HttpResponse<String> put(String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(root.resolve("api/v1/drop/" + path))
                        .PUT(HttpRequest.BodyPublishers.ofString("no gzip " + path))
                        .build(),
                BodyHandlers.ofString());
    }

    private void dropSeries() throws Exception {
        for (int i : IntStream.range(0, 7).toArray()) {
            drop("series/" + i + ".img.gz", i % PRIORITIES);
        }
        awaitEnd("series/*", 7);
    }

    /** Drops a file unless it is a job already. */
    private void drop(String name, int priority) throws Exception {
        if (!get("api/v1/jobs?file=" + encode(name)).get("items").isEmpty()) {
            return;
        }
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(folder.resolve(name + ".yaml"), "priority: " + priority + "\n");
        Files.writeString(file, "no gzip " + name);
    }

    private void awaitEnd(String wildcard, int count) throws InterruptedException {
        RawHttp.until(
                () -> {
                    JsonNode items = getUnchecked("api/v1/jobs?limit=500&wait=10s&file=" + encode(wildcard))
                            .get("items");
                    return items.size() == count
                            && items.findValuesAsText("state").stream().allMatch("REJECTED"::equals);
                },
                LONG);
    }

    private boolean listed(String file) {
        return getUnchecked("api/v1/drop").findValuesAsText("file").contains(file);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private JsonNode get(String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(request(path), BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json.readTree(answer.body());
    }

    private JsonNode getUnchecked(String path) {
        try {
            return get(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create(root + path))
                .timeout(LONG.multipliedBy(3))
                .build();
    }
}
