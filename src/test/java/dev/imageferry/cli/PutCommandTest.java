package dev.imageferry.cli;

import static dev.imageferry.cli.ScriptedDaemon.ID;
import static dev.imageferry.cli.ScriptedDaemon.OTHER_ID;
import static dev.imageferry.cli.ScriptedDaemon.brokenConnection;
import static dev.imageferry.cli.ScriptedDaemon.failed;
import static dev.imageferry.cli.ScriptedDaemon.job;
import static dev.imageferry.cli.ScriptedDaemon.json;
import static dev.imageferry.cli.ScriptedDaemon.page;
import static dev.imageferry.cli.ScriptedDaemon.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.imageferry.cli.Invocation.Result;
import dev.imageferry.job.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import mockwebserver3.RecordedRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PutCommandTest {
    private static final String PUT = "PUT /api/v1/drop/x.img.gz";
    private static final String PUT_SIDECAR = "PUT /api/v1/drop/x.img.gz.yaml";
    private static final String FOLLOW = "GET /api/v1/jobs/" + ID;
    private static final String JOBS = "GET /api/v1/jobs";

    @TempDir
    Path folder;

    private ScriptedDaemon daemon;
    private Path image;

    @BeforeEach
    void start() throws IOException {
        daemon = new ScriptedDaemon();
        daemon.on(PUT, json(201, job(ID, "x.img.gz", "QUEUED").toString()));
        daemon.on(FOLLOW, json(200, job(ID, "x.img.gz", "AVAILABLE").toString()));
        image = file("x.img.gz", "content");
    }

    @AfterEach
    void stop() {
        daemon.close();
    }

    private Path file(String name, String content) throws IOException {
        Files.createDirectories(folder.resolve(name).getParent());
        return Files.writeString(folder.resolve(name), content);
    }

    private Result put(Object... arguments) {
        return put(Invocation.of(daemon), arguments);
    }

    private static Result put(Invocation invocation, Object... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "put";
        for (int i = 0; i < arguments.length; i++) {
            all[i + 1] = arguments[i].toString();
        }
        return invocation.run(all);
    }

    private ObjectNode own(String state) throws IOException {
        return job(ID, "x.img.gz", state).put("sha256", Digests.sha256(image));
    }

    @Test
    void sends_the_bytes_with_their_length_and_digest_and_prints_the_job_id() {
        Result result = put(image);

        assertThat(result).isEqualTo(new Result(0, ID + "\n", ""));
        RecordedRequest request = daemon.requests(PUT).getFirst();
        assertThat(request.getBody().utf8()).isEqualTo("content");
        assertThat(request.getHeaders().get("Content-Length")).isEqualTo("7");
        assertThat(request.getHeaders().get("Repr-Digest"))
                .isEqualTo("sha-256=:7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M=:");
    }

    @Test
    void sends_a_name_with_any_characters() throws IOException {
        Path odd = file("ä b#?%;+.img.gz", "content");
        daemon.on(
                "PUT /api/v1/drop/%C3%A4%20b%23%3F%25;+.img.gz",
                json(201, job(ID, "ä b#?%;+.img.gz", "QUEUED").toString()));

        assertThat(put(odd).status()).isZero();
    }

    @Test
    void with_wait_prints_only_the_image_id() {
        daemon.on(
                FOLLOW,
                json(200, job(ID, "x.img.gz", "CHECKING").toString()),
                json(200, job(ID, "x.img.gz", "UPLOADING").toString()),
                json(200, job(ID, "x.img.gz", "AVAILABLE").toString()));

        Result result = put("--wait", image);

        assertThat(result.status()).isZero();
        assertThat(result.out()).isEqualTo("private/123\n");
        assertThat(result.err()).isEqualTo("imageferry: x.img.gz: CHECKING\nimageferry: x.img.gz: UPLOADING\n");
    }

    @Test
    void with_wait_the_reason_of_a_failure_is_on_standard_error() {
        daemon.on(
                FOLLOW,
                json(
                        200,
                        failed(ID, "x.img.gz", "not-gzip", "x.img.gz: not a gzip file")
                                .toString()));

        assertThat(put("--wait", image))
                .isEqualTo(new Result(1, "", "imageferry: x.img.gz: REJECTED (not-gzip: x.img.gz: not a gzip file)\n"));
    }

    @Test
    void several_files_are_lines_of_id_and_file_and_one_refusal_holds_up_no_other() throws IOException {
        Path large = file("large.img.gz", "large");
        Path other = file("other.img.gz", "content");
        daemon.on("PUT /api/v1/drop/large.img.gz", problem(413, "too-large", "large.img.gz has 5 bytes"));
        daemon.on(
                "PUT /api/v1/drop/other.img.gz",
                json(201, job(OTHER_ID, "other.img.gz", "QUEUED").toString()));
        daemon.on(
                "GET /api/v1/jobs/" + OTHER_ID,
                json(200, job(OTHER_ID, "other.img.gz", "AVAILABLE").toString()));

        Result result = put("--wait", image, large, other);

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out()).isEqualTo("private/123\tx.img.gz\nprivate/123\tother.img.gz\n");
        assertThat(result.err())
                .isEqualTo("imageferry: large.img.gz: not sent (too-large): large.img.gz has 5 bytes\n");
    }

    @Test
    void json_is_one_array_with_an_element_for_each_file() throws IOException {
        Path taken = file("taken.img.gz", "content");
        daemon.on("PUT /api/v1/drop/taken.img.gz", problem(409, "name-taken", "it exists"));

        Result result = put("--json", image, taken);

        JsonNode array = new JsonMapper().readTree(result.out());
        assertThat(array).hasSize(2);
        assertThat(array.get(0).path("id").asText()).isEqualTo(ID);
        assertThat(array.get(1).toString())
                .isEqualTo("{\"file\":\"taken.img.gz\",\"error\":{\"code\":\"name-taken\",\"message\":\"it exists\"}}");
    }

    @Test
    void options_become_a_sidecar_that_is_sent_before_the_image() throws IOException {
        daemon.on(PUT_SIDECAR, json(201, "{\"file\":\"x.img.gz.yaml\"}"));

        Result result = put(
                image,
                "--label=yes",
                "--description",
                "a: \"b\"\n# c",
                "--region=us-ord",
                "--tag=1.10",
                "--tag=nightly",
                "--cloud-init",
                "--priority=-3",
                "--family=debian-12",
                "--keep=3");

        assertThat(result.status()).as(result.err()).isZero();
        assertThat(daemon.requests().stream()
                        .filter(request -> request.getMethod().equals("PUT"))
                        .map(request -> request.getUrl().encodedPath()))
                .containsExactly("/api/v1/drop/x.img.gz.yaml", "/api/v1/drop/x.img.gz");
        JsonNode yaml = SidecarTest.read(
                daemon.requests(PUT_SIDECAR).getFirst().getBody().utf8());
        assertThat(yaml.toString())
                .isEqualTo(
                        "{\"label\":\"yes\",\"description\":\"a: \\\"b\\\"\\n# c\",\"region\":\"us-ord\","
                                + "\"tags\":[\"1.10\",\"nightly\"],\"cloudInit\":true,\"priority\":-3,\"family\":\"debian-12\",\"keep\":3}");
    }

    @Test
    void checksums_are_sent_before_the_image_and_go_with_options() throws IOException {
        Path sums = file("SHA256SUMS", "0".repeat(64) + "  x.img.gz\n");
        Path sum = file("x.img.gz.sha256", "0".repeat(64));
        daemon.on("PUT /api/v1/drop/SHA256SUMS", json(201, "{\"file\":\"SHA256SUMS\"}"));
        daemon.on("PUT /api/v1/drop/x.img.gz.sha256", json(201, "{\"file\":\"x.img.gz.sha256\"}"));
        daemon.on(PUT_SIDECAR, json(201, "{\"file\":\"x.img.gz.yaml\"}"));

        Result result = put(image, sums, sum, "--label=mine");

        assertThat(result.status()).as(result.err()).isZero();
        assertThat(daemon.requests().stream()
                        .filter(request -> request.getMethod().equals("PUT"))
                        .map(request -> request.getUrl().encodedPath()))
                .containsExactly(
                        "/api/v1/drop/SHA256SUMS",
                        "/api/v1/drop/x.img.gz.sha256",
                        "/api/v1/drop/x.img.gz.yaml",
                        "/api/v1/drop/x.img.gz");
    }

    @Test
    void a_sidecar_never_goes_to_an_image_that_is_in_the_folder_already() {
        daemon.on(JOBS, page(job(OTHER_ID, "x.img.gz", "READY")));

        Result result = put(image, "--label=mine");

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).contains("x.img.gz already exists and is not overwritten");
        assertThat(daemon.requests(PUT_SIDECAR)).isEmpty();
    }

    @Test
    void says_that_the_sidecar_stays_if_the_image_is_refused() {
        daemon.on(PUT_SIDECAR, json(201, "{}"));
        daemon.on(PUT, problem(507, "no-room", "no space"));

        assertThat(put(image, "--label=mine").err())
                .contains("x.img.gz: not sent (no-room): no space", "x.img.gz.yaml stays in the drop folder");
    }

    @Test
    void a_sidecar_among_the_files_is_sent_first() throws IOException {
        Path sidecar = file("x.img.gz.yaml", "label: mine\n");
        daemon.on(PUT_SIDECAR, json(201, "{}"));

        Result result = put(image, sidecar);

        assertThat(result).isEqualTo(new Result(0, ID + "\n", ""));
        assertThat(daemon.requests().get(1).getUrl().encodedPath()).endsWith("x.img.gz.yaml");
        assertThat(put(image, sidecar, "--label=other").status()).isEqualTo(2);
    }

    @Test
    void two_files_with_the_same_name_are_a_wrong_call() throws IOException {
        Path same = file("other/x.img.gz", "other");

        Result result = put(image, same);

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains("Two files have the name x.img.gz");
        assertThat(daemon.requests()).isEmpty();
    }

    @Test
    void a_file_that_cannot_be_read_is_a_wrong_call() {
        assertThat(put(image, folder.resolve("none.img.gz")).err()).contains("none.img.gz: no such file or directory");
        assertThat(put(folder).err()).contains("not a regular file");
        assertThat(daemon.requests()).isEmpty();
    }

    @Test
    void a_taken_name_is_refused_at_once() {
        daemon.on(PUT, problem(409, "name-taken", "x.img.gz already exists"));

        Result result = put("--wait", image);

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).isEqualTo("imageferry: x.img.gz: not sent (name-taken): x.img.gz already exists\n");
        assertThat(daemon.requests(JOBS)).isEmpty();
    }

    @Test
    void a_broken_connection_is_tried_again_with_one_remark() {
        daemon.on(
                PUT,
                brokenConnection(),
                brokenConnection(),
                json(201, job(ID, "x.img.gz", "QUEUED").toString()));

        Result result = put(image);

        assertThat(result.status()).isZero();
        assertThat(result.out()).isEqualTo(ID + "\n");
        assertThat(result.err().lines()).singleElement().asString().contains("connection lost, trying again");
        assertThat(daemon.requests(PUT)).hasSize(3);
    }

    @Test
    void gives_up_with_status_3_when_every_attempt_breaks_although_the_daemon_answers() {
        daemon.on(PUT, brokenConnection());

        Result result = put(image);

        assertThat(result.status()).isEqualTo(3);
        assertThat(result.err().lines().toList().getLast()).contains("Gave up after 10 attempts to send x.img.gz");
        assertThat(daemon.requests(PUT)).hasSize(10);
    }

    @Test
    void a_file_whose_answer_was_lost_is_found_by_its_job_and_not_sent_again() throws IOException {
        daemon.on(PUT, brokenConnection());
        daemon.on(JOBS, page(own("CHECKING")));

        Result result = put("--wait", image);

        assertThat(result.out()).isEqualTo("private/123\n");
        assertThat(daemon.requests(PUT)).hasSize(1);
        assertThat(daemon.requests(JOBS).getFirst().getUrl().query())
                .isEqualTo("file=x.img.gz&order=newest&limit=1&since=2026-11-30T08:00:00Z");
    }

    @Test
    void a_name_that_is_taken_after_a_broken_connection_is_ours_if_size_and_digest_are() throws IOException {
        daemon.on(PUT, brokenConnection(), problem(409, "name-taken", "it exists"));
        daemon.on(JOBS, page(), page(), page(own("READY")));

        assertThat(put(image).out()).isEqualTo(ID + "\n");
    }

    @Test
    void a_name_that_is_taken_after_a_broken_connection_is_not_ours_if_the_digest_differs() {
        daemon.on(PUT, brokenConnection(), problem(409, "name-taken", "it exists"));
        daemon.on(JOBS, page(job(OTHER_ID, "x.img.gz", "READY").put("sha256", "00".repeat(32))));

        Result result = put(image);

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains("not sent (name-taken): it exists");
    }

    @Test
    void a_file_that_becomes_a_job_later_is_waited_for() throws IOException {
        daemon.on(PUT, json(202, "{\"file\":\"x.img.gz\",\"status\":\"settling\"}"));
        daemon.on(JOBS, page(), page(), page(own("QUEUED")));

        assertThat(put(image)).isEqualTo(new Result(0, ID + "\n", ""));
        assertThat(daemon.requests(PUT)).hasSize(1);
    }

    @Test
    void a_file_that_does_not_become_a_job_is_not_a_success() {
        daemon.on(PUT, json(202, "{\"file\":\"x.img.gz\",\"status\":\"settling\"}"));

        Result result = put(image);

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).contains("not a job yet. Follow it with: imageferry wait x.img.gz");
    }

    @Test
    void a_job_that_turns_out_to_be_of_another_file_is_not_reported_as_ours() throws IOException {
        daemon.on(PUT, brokenConnection());
        daemon.on(JOBS, page(job(ID, "x.img.gz", "CHECKING")));
        daemon.on(
                FOLLOW,
                json(
                        200,
                        job(ID, "x.img.gz", "AVAILABLE")
                                .put("sha256", "00".repeat(32))
                                .toString()));

        Result result = put("--wait", image);

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains("another file of this name");
    }

    @Test
    void a_busy_daemon_is_asked_again_after_the_time_that_it_names() {
        daemon.on(
                PUT,
                problem(503, "receivers-busy", "16 files are already being received.")
                        .newBuilder()
                        .addHeader("Retry-After", "7")
                        .build(),
                json(201, job(ID, "x.img.gz", "QUEUED").toString()));
        Invocation invocation = Invocation.of(daemon);

        Result result = put(invocation, image);

        assertThat(result.status()).isZero();
        assertThat(result.err()).isEqualTo("imageferry: 16 files are already being received. Trying again\n");
        assertThat(daemon.requests(JOBS))
                .as("a refused file cannot have arrived")
                .isEmpty();
    }

    @Test
    void follows_the_job_through_a_restart_of_the_daemon() {
        daemon.on(
                FOLLOW,
                json(200, job(ID, "x.img.gz", "UPLOADING").toString()),
                brokenConnection(),
                brokenConnection(),
                problem(503, "starting", "The daemon is still starting."),
                json(200, job(ID, "x.img.gz", "AVAILABLE").toString()));

        Result result = put("--wait", image);

        assertThat(result.out()).isEqualTo("private/123\n");
        assertThat(result.err().lines().filter(line -> line.contains("trying again")))
                .hasSize(1);
    }

    @Test
    void gives_up_with_status_3_when_the_daemon_stays_away() {
        daemon.on(FOLLOW, brokenConnection());

        Result result = put("--wait", "--reconnect-timeout=30s", image);

        assertThat(result.status()).isEqualTo(3);
        assertThat(result.err().lines().toList().getLast())
                .contains("No answer from a daemon at", "Gave up after 3", "(--reconnect-timeout)", "has not ended");
        assertThat(daemon.requests(FOLLOW)).hasSizeGreaterThan(5);
    }

    @Test
    void stops_with_status_4_when_the_time_is_up() {
        daemon.on(FOLLOW, json(200, job(ID, "x.img.gz", "PROCESSING").toString()));

        Result result = put("--wait", "--timeout=1m", image);

        assertThat(result.status()).isEqualTo(4);
        assertThat(result.err()).endsWith("imageferry: The time (--timeout) is up: x.img.gz is PROCESSING\n");
    }

    @Test
    void a_job_that_does_not_exist_any_more_is_a_failure() {
        daemon.on(FOLLOW, problem(404, "no-such-job", "No job has the id."));

        assertThat(put("--wait", image)).isEqualTo(new Result(1, "", "imageferry: No job has the id.\n"));
    }

    @Test
    void on_a_terminal_shows_bar_and_upload_in_one_line_that_is_removed() {
        daemon.on(
                FOLLOW,
                json(200, job(ID, "x.img.gz", "UPLOADING").toString()),
                json(200, job(ID, "x.img.gz", "AVAILABLE").toString()));

        Result result = put(Invocation.of(daemon).onTerminal(80), "--wait", image);

        assertThat(result.out()).isEqualTo("private/123\n");
        assertThat(result.err())
                .contains("reading [####################] 100 % of 7 bytes  x.img.gz")
                .contains("sending [####################] 100 % of 7 bytes  x.img.gz")
                .contains("x.img.gz  UPLOADING 42.5 %  1.5 MB/s")
                .endsWith("\r\u001b[K")
                .doesNotContain("\n");
    }

    @Test
    void a_refused_token_is_found_before_a_file_is_sent() {
        daemon.on("GET /api/v1/summary", problem(401, "unauthorized", "no"));

        assertThat(put(image).status()).isEqualTo(2);
        assertThat(daemon.requests(PUT)).isEmpty();
    }

    @Test
    void the_rate_and_the_time_left_are_shown_after_a_second() {
        assertThat(TransferProgress.text("sending", "x", 50_000_000, 200_000_000, Duration.ofSeconds(10)))
                .isEqualTo("sending [#####...............] 25 % of 200.0 MB, 5.0 MB/s, 0:30 left  x");
    }

    @Test
    void digests_that_are_not_known_yet_do_not_decide() throws IOException {
        LocalFile local = LocalFile.read(image, bytes -> {});

        assertThat(List.of(job(ID, "x.img.gz", "QUEUED"), own("READY"))).allMatch(job -> Sender.isOf(job, local));
        assertThat(Sender.isOf(job(ID, "x.img.gz", "QUEUED").put("compressedBytes", 8), local))
                .isFalse();
    }
}
