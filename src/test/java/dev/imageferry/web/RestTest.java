package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.daemon.StagedQueueView;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(StagedProfile.class)
@SuppressWarnings("NullAway.Init") // Quarkus sets the fields
class RestTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @Inject
    StagedQueueView queue;

    @Inject
    ObjectMapper json;

    private static final List<String> SCRIPTS = List.of(
            "main.js", "actions.js", "drop.js", "format.js", "live.js", "morph.js", "selection.js", "notices.js");

    @TestHTTPResource("/")
    URI root;

    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void emptyStage() {
        queue.reset();
    }

    @Test
    void shows_a_job_with_all_fields_and_null_for_missing_values() throws Exception {
        JobView job = StagedQueueView.job("nightly/<script>alert(1)</script>.img.gz", JobState.QUEUED, 0);
        queue.put(job);

        HttpResponse<String> answer = get("api/v1/jobs/" + job.id());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("application/json"));
        JsonNode body = json.readTree(answer.body());
        assertThat(names(body))
                .containsExactly(
                        "id",
                        "file",
                        "state",
                        "label",
                        "description",
                        "region",
                        "tags",
                        "cloudInit",
                        "replicateTo",
                        "family",
                        "keep",
                        "priority",
                        "compressedBytes",
                        "uncompressedBytes",
                        "monthlyCost",
                        "sha256",
                        "contents",
                        "image",
                        "progress",
                        "attempt",
                        "maxAttempts",
                        "nextAttemptAt",
                        "error",
                        "instance",
                        "archived",
                        "createdAt",
                        "startedAt",
                        "finishedAt",
                        "updatedAt");
        assertThat(names(body.get("progress"))).containsExactly("bytesSent", "percent", "bytesPerSecond", "etaSeconds");
        assertThat(body.get("region").isNull()).isTrue();
        assertThat(body.get("error").isNull()).isTrue();
        assertThat(body.get("state").asText()).isEqualTo("QUEUED");
        assertThat(body.get("file").asText()).isEqualTo(job.file());
        assertThat(body.get("createdAt").asText()).isEqualTo("2026-11-24T02:10:08.123456Z");
    }

    @Test
    void shows_the_history_of_a_job() throws Exception {
        JobView job = StagedQueueView.job("a.img.gz", JobState.CHECKING, 0);
        queue.put(job);

        JsonNode body =
                json.readTree(get("api/v1/jobs/" + job.id() + "/history").body());

        assertThat(body).hasSize(2);
        assertThat(names(body.get(0))).containsExactly("at", "from", "to", "attempt", "instance", "detail");
        assertThat(body.get(0).get("from").isNull()).isTrue();
        assertThat(body.get(1).get("to").asText()).isEqualTo("CHECKING");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"not-a-uuid", "1-1-1-1-1", "00000000-0000-0000-0000-000000000000", "%00", "..%2f..", "a%20b"})
    void an_unknown_id_is_a_404(String id) throws Exception {
        assertProblem(get("api/v1/jobs/" + id), 404, "urn:imageferry:problem:no-such-job");
        assertProblem(get("api/v1/jobs/" + id + "/history"), 404, "urn:imageferry:problem:no-such-job");
    }

    @Test
    void paging_continues_to_the_last_page() throws Exception {
        for (int second = 0; second < 7; second++) {
            queue.put(StagedQueueView.job("f" + second, JobState.READY, second));
        }
        List<String> files = new ArrayList<>();
        String after = "";
        int pages = 0;

        do {
            JsonNode page = json.readTree(
                    get("api/v1/jobs?limit=3&order=oldest&after=" + after).body());
            page.get("items").forEach(job -> files.add(job.get("file").asText()));
            after = page.get("next").isNull() ? "" : page.get("next").asText();
            pages++;
        } while (!after.isEmpty());

        assertThat(pages).isEqualTo(3);
        assertThat(files).containsExactly("f0", "f1", "f2", "f3", "f4", "f5", "f6");
    }

    @Test
    void decodes_filters() throws Exception {
        queue.put(StagedQueueView.job("nightly/ä b+c%.img.gz", JobState.READY, 0));
        queue.put(StagedQueueView.job("nightly/other.img.gz", JobState.READY, 1));
        queue.put(StagedQueueView.job("nightly/ä b+c%.img.gz", JobState.FAILED, 2));

        JsonNode page = json.readTree(get("api/v1/jobs?state=READY,UPLOADING&file=nightly/%C3%A4%20b%2Bc%25*")
                .body());

        assertThat(page.get("items")).hasSize(1);
        assertThat(page.get("items").get(0).get("file").asText()).isEqualTo("nightly/ä b+c%.img.gz");
    }

    @ParameterizedTest
    @CsvSource({
        "state=DONE,state,DONE",
        "limit=501,limit,501",
        "after=x,after,x",
        "wait=11m,wait,11m",
        "order=up,order,up",
        "fiel=x,fiel,wait"
    })
    void an_invalid_parameter_is_a_400_that_names_it(String query, String name, String value) throws Exception {
        JsonNode problem = assertProblem(get("api/v1/jobs?" + query), 400, "urn:imageferry:problem:bad-parameter");

        assertThat(problem.get("detail").asText()).contains("\"" + name + "\"", value);
        assertThat(problem.get("instance").asText()).isEqualTo("/api/v1/jobs");
    }

    @Test
    void wait_answers_at_once_if_every_match_has_ended() throws Exception {
        queue.put(StagedQueueView.job("a.img.gz", JobState.AVAILABLE, 0));
        queue.put(StagedQueueView.job("b.img.gz", JobState.UPLOADING, 1));

        JsonNode page = json.readTree(get("api/v1/jobs?file=a*&wait=10m").body());

        assertThat(page.get("items")).hasSize(1);
    }

    @Test
    void wait_includes_matches_on_other_pages() throws Exception {
        JobView open = StagedQueueView.job("old.img.gz", JobState.UPLOADING, 0);
        queue.put(open);
        queue.put(StagedQueueView.job("new.img.gz", JobState.FAILED, 1));
        CompletableFuture<HttpResponse<String>> answer = getAsync("api/v1/jobs?limit=1&wait=10m");
        until(queries(3)); // after more than one poll, the request still waits
        assertThat(answer).isNotDone();

        queue.put(StagedQueueView.in(JobState.AVAILABLE, open));

        assertThat(items(answer)).extracting(job -> job.get("file").asText()).containsExactly("new.img.gz");
    }

    @Test
    void wait_covers_a_file_that_is_not_a_job_yet() throws Exception {
        CompletableFuture<HttpResponse<String>> answer = getAsync("api/v1/jobs?file=a.img.gz&wait=10m");
        until(queries(3));
        JobView job = StagedQueueView.job("a.img.gz", JobState.QUEUED, 0);
        queue.put(job);
        until(queries(3)); // after more than one poll, the request still waits
        assertThat(answer).isNotDone();

        queue.put(StagedQueueView.in(JobState.REJECTED, job));

        assertThat(items(answer))
                .extracting(found -> found.get("state").asText())
                .containsExactly("REJECTED");
    }

    @Test
    void wait_notices_changes_of_other_instances() throws Exception {
        JobView job = StagedQueueView.job("a.img.gz", JobState.PROCESSING, 0);
        queue.put(job);
        CompletableFuture<HttpResponse<String>> answer = getAsync("api/v1/jobs?wait=10m");
        until(queries(1));

        queue.putSilently(StagedQueueView.in(JobState.AVAILABLE, job));

        assertThat(items(answer)).hasSize(1);
    }

    @Test
    void wait_answers_with_the_current_page_when_the_time_is_up() throws Exception {
        queue.put(StagedQueueView.job("a.img.gz", JobState.UPLOADING, 0));

        assertThat(items(getAsync("api/v1/jobs?wait=300ms")))
                .extracting(job -> job.get("state").asText())
                .containsExactly("UPLOADING");
    }

    @Test
    void hundreds_of_waiting_clients_do_not_block_others() throws Exception {
        JobView job = StagedQueueView.job("a.img.gz", JobState.UPLOADING, 0);
        queue.put(job);
        List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            waiting.add(getAsync("api/v1/jobs?wait=10m"));
        }
        until(queries(300));

        assertThat(get("api/v1/summary").statusCode()).isEqualTo(200);

        queue.put(StagedQueueView.in(JobState.AVAILABLE, job));
        for (CompletableFuture<HttpResponse<String>> answer : waiting) {
            assertThat(items(answer)).hasSize(1);
        }
    }

    @Test
    void stops_querying_for_a_disconnected_client() throws Exception {
        queue.put(StagedQueueView.job("a.img.gz", JobState.UPLOADING, 0));
        RawHttp.sendAndLeave(root.getPort(), queries(3), "GET /api/v1/jobs?wait=10m HTTP/1.1", "Host: localhost");

        // a waiting request would query three times in three seconds
        until(quietFor(Duration.ofSeconds(3)));
    }

    @Test
    void shows_the_summary_with_states_in_life_cycle_order() throws Exception {
        queue.block("quota", "the account is full");

        JsonNode body = json.readTree(get("api/v1/summary").body());

        assertThat(names(body))
                .containsExactly(
                        "jobs",
                        "totals",
                        "monthlyCost",
                        "uploadsInProgress",
                        "bytesPerSecond",
                        "throughput",
                        "oldestWaitingSeconds",
                        "paused",
                        "blocked",
                        "instances",
                        "bandwidth",
                        "simulated",
                        "version",
                        "dropDirectory");
        assertThat(names(body.get("jobs")))
                .containsExactly(
                        "QUEUED",
                        "CONVERTING",
                        "CHECKING",
                        "READY",
                        "UPLOADING",
                        "PROCESSING",
                        "REPLICATING",
                        "AVAILABLE",
                        "REJECTED",
                        "FAILED",
                        "CANCELLED");
        assertThat(names(body.get("totals"))).containsExactly("deliveredBytes", "wastedBytes", "ended");
        assertThat(names(body.get("instances").get(0))).containsExactly("name", "folderId", "startedAt", "seenAt");
        assertThat(names(body.get("blocked").get(0))).containsExactly("gate", "reason", "since");
    }

    @Test
    void lists_the_folder() throws Exception {
        JsonNode body = json.readTree(get("api/v1/drop").body());

        assertThat(names(body.get(0))).containsExactly("file", "bytes", "status", "reason");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "api",
                "api/",
                "api/v1",
                "api/v1/nothing",
                "api/v2/jobs",
                "nothing",
                "q/nothing",
                "page/nothing.js"
            })
    void an_unknown_path_is_a_404_problem(String path) throws Exception {
        JsonNode problem = assertProblem(get(path), 404, "about:blank");

        assertThat(problem.get("instance").asText()).isEqualTo("/" + path);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "api/v1/jobs | GET, HEAD, OPTIONS",
                "api/v1/summary | GET, HEAD, OPTIONS",
                "api/v1/bandwidth | GET, HEAD, OPTIONS, PUT",
                "api/v1/jobs/00000000-0000-0000-0000-000000000000 | GET, HEAD, OPTIONS, PATCH"
            })
    void an_unsupported_method_is_a_405_problem_with_allow(String path, String allowed) throws Exception {
        HttpResponse<String> answer = send(request(path).DELETE());

        assertProblem(answer, 405, "about:blank");
        assertThat(answer.headers().allValues("Allow")).containsExactly(allowed);
    }

    @Test
    void allow_contains_only_the_methods_of_the_path() throws Exception {
        assertThat(get("api/v1/echo").headers().allValues("Allow")).containsExactly("OPTIONS, POST");
    }

    @Test
    void an_unsupported_accept_header_is_a_406_problem() throws Exception {
        assertProblem(send(request("api/v1/jobs").header("Accept", "text/html")), 406, "about:blank");
    }

    @Test
    void an_unsupported_content_type_is_a_415_problem() throws Exception {
        assertProblem(post("text/plain", "{}"), 415, "about:blank");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[]", "{\"priority\":\"high-s3cret\"}", "nonsense", "{\"priority\":99999999999}"})
    void invalid_json_is_a_400_problem_without_values_of_the_body(String body) throws Exception {
        JsonNode problem = assertProblem(post("application/json", body), 400, "about:blank");

        assertThat(problem.get("detail").asText()).contains("JSON").doesNotContain("s3cret", "dev.imageferry");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"priority\":1,\"priority\":2} | key \"priority\": duplicate key",
                "{\"priority\":1,\"priorty\":2} | key \"priorty\": unknown key",
                "{\"priority\":1} {\"priority\":2} | line 1",
                "{\"priority\":1}x | line 1",
                "{\"priority\":NaN} | key \"priority\"",
                "{\"priority\":1e999999999} | key \"priority\"",
                "{\"priority\":-0x10} | line 1",
                "{'priority':1} | line 1"
            })
    void lenient_json_is_a_400_that_names_the_position(String body, String expected) throws Exception {
        JsonNode problem = assertProblem(post("application/json", body), 400, "about:blank");

        assertThat(problem.get("detail").asText()).contains(expected);
    }

    @Test
    void an_unreadable_body_is_never_a_500() throws Exception {
        byte[] json = "{\"priority\":1}".getBytes(StandardCharsets.US_ASCII);
        List<byte[]> bodies = List.of(
                new byte[0],
                "[".repeat(20_000).getBytes(StandardCharsets.US_ASCII),
                "{\"a\":".repeat(9_000).getBytes(StandardCharsets.US_ASCII),
                ("{\"priority\":" + "9".repeat(50_000) + "}").getBytes(StandardCharsets.US_ASCII),
                ("{\"" + "k".repeat(60_000) + "\":1}").getBytes(StandardCharsets.US_ASCII),
                new byte[] {(byte) 0xff, (byte) 0xfe, '{'},
                new byte[] {0, 0, 0, '{', 0, 0x11, 0, 0},
                new byte[] {0, 0, (byte) 0xfe, (byte) 0xff, 1, 2},
                new byte[] {'{', '"', (byte) 0xc3, '"', ':', '1', '}'},
                new byte[] {'{', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"', ':', '1', '}'},
                new byte[] {0},
                "nul".getBytes(StandardCharsets.US_ASCII),
                "\"\\ud800".getBytes(StandardCharsets.US_ASCII));

        for (byte[] body : bodies) {
            HttpResponse<String> answer = send(request("api/v1/echo")
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
            assertThat(answer.statusCode())
                    .as(Arrays.toString(Arrays.copyOf(body, Math.min(20, body.length))))
                    .isIn(200, 204, 400);
        }
        byte[] withMark = new byte[json.length + 3];
        withMark[0] = (byte) 0xef;
        withMark[1] = (byte) 0xbb;
        withMark[2] = (byte) 0xbf;
        System.arraycopy(json, 0, withMark, 3, json.length);
        assertThat(send(request("api/v1/echo")
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofByteArray(withMark)))
                        .body())
                .isEqualTo("{\"priority\":1}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "api/v1/jobs?limit=1&limit=2",
                "api/v1/jobs?file=a&file=b",
                "?file=a&file=b",
                "?order=newest&order=oldest"
            })
    void a_parameter_with_two_values_is_a_400(String path) throws Exception {
        assertThat(get(path).statusCode()).isEqualTo(400);
    }

    @Test
    void a_bug_is_a_500_problem_with_the_id_of_the_log_line_only() throws Exception {
        queue.failWith(new IllegalStateException("secret details"));

        HttpResponse<String> answer = get("api/v1/jobs");

        JsonNode problem = assertProblem(answer, 500, "urn:imageferry:problem:internal-error");
        assertThat(answer.body()).doesNotContain("secret", "IllegalState");
        assertThat(UUID.fromString(problem.get("instance").asText().substring("urn:uuid:".length())))
                .isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "api/v1/jobs",
                "api/v1/jobs?wait=1m",
                "api/v1/summary",
                "api/v1/jobs/00000000-0000-0000-0000-000000000000"
            })
    void an_unavailable_database_is_a_503_problem(String path) throws Exception {
        queue.failWith(new RuntimeException(new SQLException("host db password x", "08001")));

        HttpResponse<String> answer = get(path);

        assertProblem(answer, 503, "urn:imageferry:problem:database-unavailable");
        assertThat(answer.body()).doesNotContain("password");
        assertThat(answer.headers().firstValue("Retry-After")).contains("5");
    }

    @Test
    void a_request_during_the_start_is_a_503_problem() throws Exception {
        queue.setStarted(false);
        queue.failWith(new RuntimeException(new SQLException("no table", "42P01")));

        assertProblem(get("api/v1/summary"), 503, "urn:imageferry:problem:starting");

        queue.failWith(new RuntimeException(new SQLException("connection refused", "08001")));
        assertProblem(get("api/v1/summary"), 503, "urn:imageferry:problem:database-unavailable");
    }

    @Test
    void is_live_during_any_outage() throws Exception {
        queue.setStarted(false);
        queue.block("api", "down");
        queue.failWith(new RuntimeException(new SQLException("gone", "08001")));

        assertThat(get("q/health/live").statusCode()).isEqualTo(200);
    }

    @Test
    void is_not_ready_while_the_folder_is_not_scanned() throws Exception {
        queue.standStill("no walk through the drop folder has ended since 2026-11-24T02:10:08Z");

        HttpResponse<String> answer = get("q/health/ready");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("no walk through the drop folder has ended since");
    }

    @Test
    void is_ready_if_no_gate_is_closed() throws Exception {
        HttpResponse<String> answer = get("q/health/ready");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(json.readTree(answer.body()).findValuesAsText("name"))
                .containsExactlyInAnyOrder("start", "database", "folder", "linode");
    }

    @ParameterizedTest
    @CsvSource({"folder,folder", "api,linode", "token,linode", "database,database"})
    void is_not_ready_behind_a_closed_gate_and_shows_the_reason(String gate, String check) throws Exception {
        queue.block(gate, "the reason of the gate");

        assertThat(downReason(check)).isEqualTo("the reason of the gate");
    }

    @ParameterizedTest
    @ValueSource(strings = {"quota", "bucket:us-ord-1.linodeobjects.com"})
    void is_ready_behind_a_gate_that_stops_only_some_work(String gate) throws Exception {
        queue.block(gate, "full");

        assertThat(get("q/health/ready").statusCode()).isEqualTo(200);
    }

    @Test
    void is_not_ready_during_the_start() throws Exception {
        queue.setStarted(false);

        assertThat(downReason("start")).contains("starting");
    }

    @Test
    void is_not_ready_if_the_database_does_not_answer_although_its_gate_is_open() throws Exception {
        queue.failWith(new RuntimeException(new SQLException("host db password x", "08001")));

        assertThat(downReason("database")).isEqualTo("PostgreSQL does not answer");
    }

    @Test
    void openapi_documents_every_path_and_operation() throws Exception {
        HttpResponse<String> answer = send(request("q/openapi").header("Accept", "application/json"));

        JsonNode document = json.readTree(answer.body());
        assertThat(document.get("info").get("title").asText()).isEqualTo("Imageferry");
        assertThat(document.get("info").get("version").asText()).isNotBlank();
        assertThat(names(document.get("paths")))
                .contains(
                        "/api/v1/jobs",
                        "/api/v1/jobs/{id}",
                        "/api/v1/jobs/{id}/history",
                        "/api/v1/summary",
                        "/api/v1/drop");
        document.get("paths")
                .forEach(path -> path.forEach(operation -> {
                    assertThat(operation.path("summary").asText()).isNotBlank();
                    assertThat(operation.path("operationId").asText()).isNotBlank();
                }));
        assertThat(answer.body()).doesNotContain("/api/v1/echo");
    }

    @Test
    void openapi_marks_nullable_fields() throws Exception {
        JsonNode schemas = json.readTree(send(request("q/openapi").header("Accept", "application/json"))
                        .body())
                .at("/components/schemas");

        assertThat(schemas.at("/JobView/properties/sha256/type"))
                .extracting(JsonNode::asText)
                .contains("null");
        assertThat(schemas.at("/JobView/properties/error").toString()).contains("null", "ErrorView");
        assertThat(schemas.at("/JobView/properties/file/type").asText()).isEqualTo("string");
        assertThat(schemas.at("/JobView/required")).hasSize(29);
        assertThat(schemas.at("/HistoryEntry/properties/from").toString()).contains("null", "JobState");
    }

    @Test
    void page_and_static_files_have_security_headers() throws Exception {
        HttpResponse<String> page = get("");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/html"));
        assertThat(page.headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy).contains("default-src 'self'"));
        assertThat(page.headers().allValues("Cache-Control")).containsExactly("no-store");
        assertThat(get("page/main.js").headers().allValues("Cache-Control")).containsExactly("no-cache");
        assertThat(get("page/main.js").headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).contains("javascript"));
        assertThat(SCRIPTS)
                .allSatisfy(file -> assertThat(get("page/" + file).statusCode()).isEqualTo(200));
        assertThat(List.of("style.css", "icon.svg", "icons.svg"))
                .allSatisfy(file -> assertThat(get("page/" + file).statusCode()).isEqualTo(200));
    }

    @Test
    void the_page_contains_no_inline_script_or_style() throws Exception {
        String page = get("").body();

        assertThat(page)
                .doesNotContain(" style=", "onclick", "http://", "https://")
                .doesNotContainPattern("<script[^>]*>[^<]");
        for (String file : SCRIPTS) {
            assertThat(get("page/" + file).body())
                    .doesNotContain("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(");
        }
    }

    @Test
    void the_page_escapes_file_names() throws Exception {
        JobView job = StagedQueueView.job("\"><img src=x onerror=alert(1)>.img.gz", JobState.READY, 1);
        queue.put(job);

        for (String path : List.of("", "jobs/" + job.id())) {
            assertThat(get(path).body())
                    .contains("<bdi>&quot;&gt;&lt;img src=x onerror=alert(1)&gt;.img.gz</bdi>")
                    .doesNotContain("<img src=x", "<script>.img");
        }
        assertThat(get("").body()).contains("&lt;script&gt;.img");
    }

    @Test
    void the_url_of_the_page_contains_the_search() throws Exception {
        queue.put(StagedQueueView.job("debian-12.img.gz", JobState.READY, 1));
        queue.put(StagedQueueView.job("alpine.img.gz", JobState.READY, 2));
        queue.put(StagedQueueView.job("debian-13.img.gz", JobState.AVAILABLE, 3));

        String page = get("?state=READY&file=bian&order=oldest").body();

        assertThat(page)
                .contains("<bdi>debian-12.img.gz</bdi>", "value=\"bian\"", "value=\"oldest\" selected")
                .doesNotContain("<bdi>alpine.img.gz</bdi>", "<bdi>debian-13.img.gz</bdi>")
                .contains("href=\"/?state=READY%2CAVAILABLE&amp;file=bian&amp;order=oldest\"")
                .contains("href=\"/?file=bian&amp;order=oldest\"");
    }

    @ParameterizedTest
    @CsvSource({"?state=NONE,400", "?after=x,400", "jobs/1,404", "jobs/00000000-0000-0000-0000-000000000000,404"})
    void the_page_shows_errors_as_html(String path, int status) throws Exception {
        HttpResponse<String> answer = get(path);

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/html"));
        assertThat(answer.body()).contains("<h1 id=\"problem\">").doesNotContain("Exception");
    }

    @Test
    void the_error_page_reloads_during_the_start() throws Exception {
        queue.setStarted(false);
        queue.failWith(new IllegalStateException("no table"));

        HttpResponse<String> answer = get("");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("still starting", "http-equiv=\"refresh\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "api/v1/jobs", "api/v1/nothing", "q/health", "q/openapi"})
    void every_answer_has_security_headers(String path) throws Exception {
        HttpResponse<String> answer = get(path);

        assertThat(answer.headers().allValues("X-Content-Type-Options")).containsExactly("nosniff");
        assertThat(answer.headers().allValues("Referrer-Policy")).containsExactly("same-origin");
        if (path.startsWith("api/")) {
            assertThat(answer.headers().allValues("Cache-Control")).containsExactly("no-store");
        }
    }

    private String downReason(String check) throws IOException, InterruptedException {
        HttpResponse<String> answer = get("q/health/ready");
        assertThat(answer.statusCode()).isEqualTo(503);
        for (JsonNode found : json.readTree(answer.body()).get("checks")) {
            if (found.get("name").asText().equals(check)) {
                assertThat(found.get("status").asText()).isEqualTo("DOWN");
                return found.get("data").get("reason").asText();
            }
        }
        throw new AssertionError("no check " + check + " in " + answer.body());
    }

    private JsonNode assertProblem(HttpResponse<String> answer, int status, String type) throws IOException {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().allValues("Content-Type")).containsExactly("application/problem+json");
        JsonNode problem = json.readTree(answer.body());
        assertThat(names(problem)).containsExactlyInAnyOrder("type", "title", "status", "detail", "instance");
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        assertThat(problem.get("type").asText()).isEqualTo(type);
        assertThat(problem.get("title").asText()).isNotBlank();
        assertThat(problem.get("detail").asText()).isNotBlank();
        return problem;
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private JsonNode items(CompletableFuture<HttpResponse<String>> answer) throws Exception {
        HttpResponse<String> response = answer.get(LONG.toSeconds(), TimeUnit.SECONDS);
        assertThat(response.statusCode()).isEqualTo(200);
        return json.readTree(response.body()).get("items");
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(root + path)).timeout(LONG.multipliedBy(2));
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    private HttpResponse<String> post(String type, String body) throws IOException, InterruptedException {
        return send(
                request("api/v1/echo").header("Content-Type", type).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private CompletableFuture<HttpResponse<String>> getAsync(String path) {
        return client.sendAsync(request(path).build(), BodyHandlers.ofString());
    }

    /** Whether the queue has been queried this many times more. */
    private BooleanSupplier queries(int more) {
        int now = queue.lists();
        return () -> queue.lists() >= now + more;
    }

    private BooleanSupplier quietFor(Duration quiet) {
        int[] seen = {queue.lists()};
        long[] since = {System.nanoTime()};
        return () -> {
            if (queue.lists() != seen[0]) {
                seen[0] = queue.lists();
                since[0] = System.nanoTime();
            }
            return System.nanoTime() - since[0] > quiet.toNanos();
        };
    }

    private static void until(BooleanSupplier condition) throws InterruptedException {
        RawHttp.until(condition, LONG);
    }
}
