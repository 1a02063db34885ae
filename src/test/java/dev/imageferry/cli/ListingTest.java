package dev.imageferry.cli;

import static dev.imageferry.cli.ScriptedDaemon.ID;
import static dev.imageferry.cli.ScriptedDaemon.OTHER_ID;
import static dev.imageferry.cli.ScriptedDaemon.failed;
import static dev.imageferry.cli.ScriptedDaemon.job;
import static dev.imageferry.cli.ScriptedDaemon.json;
import static dev.imageferry.cli.ScriptedDaemon.page;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.imageferry.cli.Invocation.Result;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code jobs}, {@code show} and {@code status}. */
class ListingTest {
    private static final String JOBS = "GET /api/v1/jobs";
    private static final String LONG_NAME = "nightly/" + "very-".repeat(20) + "long.img.gz";

    private ScriptedDaemon daemon;

    @BeforeEach
    void start() throws IOException {
        daemon = new ScriptedDaemon();
    }

    @AfterEach
    void stop() {
        daemon.close();
    }

    @Test
    void filters_are_passed_on_to_the_daemon() {
        Result result = Invocation.of(daemon)
                .run(
                        "jobs",
                        "--state=FAILED,REJECTED",
                        "--state=READY",
                        "--file=nightly/*",
                        "--label=a b",
                        "--family=debian-12",
                        "--since=2026-11-30T08:00:00Z",
                        "--order=oldest",
                        "--limit=7");

        assertThat(result.status()).isZero();
        assertThat(daemon.requests(JOBS).getFirst().getUrl().query())
                .isEqualTo(
                        "state=FAILED,REJECTED,READY&file=nightly/*&label=a b&family=debian-12&since=2026-11-30T08:00:00Z"
                                + "&order=oldest&limit=7");
    }

    @Test
    void latest_prints_the_image_of_the_newest_job() {
        daemon.on(
                "GET /api/v1/families/debian-12/latest",
                json(200, job(ID, "a.img.gz", "AVAILABLE").toString()));

        Result text = Invocation.of(daemon).run("latest", "debian-12");
        Result full = Invocation.of(daemon).run("latest", "debian-12", "--json");

        assertThat(text.status()).isZero();
        assertThat(text.out()).isEqualTo("private/123\n");
        assertThat(full.out()).startsWith("{").contains(ID);
    }

    @Test
    void latest_of_an_unknown_family_fails() {
        daemon.on(
                "GET /api/v1/families/nixos/latest",
                json(
                        404,
                        "{\"type\":\"urn:imageferry:problem:no-such-family\",\"status\":404,"
                                + "\"detail\":\"No image of the family \\\"nixos\\\" is available.\"}"));

        Result result = Invocation.of(daemon).run("latest", "nixos");

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains("No image of the family \"nixos\" is available");
    }

    @Test
    void all_reads_page_after_page() {
        daemon.on(
                JOBS,
                json(200, "{\"items\":[%s],\"next\":\"c1\"}".formatted(job(ID, "a.img.gz", "READY"))),
                page(job(OTHER_ID, "b.img.gz", "AVAILABLE")));

        Result result = Invocation.of(daemon).run("jobs", "--all");

        assertThat(result.out().lines()).hasSize(3);
        assertThat(daemon.requests(JOBS))
                .extracting(request -> request.getUrl().query())
                .containsExactly("limit=500", "limit=500&after=c1");
    }

    @Test
    void through_a_pipe_every_column_is_complete_and_none_is_empty() {
        daemon.on(JOBS, page(job(ID, LONG_NAME, "AVAILABLE"), job(OTHER_ID, "b c.img.gz", "READY")));

        List<String> lines = Invocation.of(daemon).run("jobs").out().lines().toList();

        assertThat(lines.get(0)).matches("STATE +SENT +BYTES +IMAGE +ID +CREATED +FILE");
        assertThat(lines.get(1).split(" +", 7))
                .containsExactly("AVAILABLE", "42%", "7", "private/123", ID, "2026-11-30T08:00:01Z", LONG_NAME);
        assertThat(lines.get(2).split(" +", 7))
                .containsExactly("READY", "42%", "7", "-", OTHER_ID, "2026-11-30T08:00:01Z", "b c.img.gz");
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 80, 100, 120, 200})
    void on_a_terminal_every_line_fits(int width) {
        daemon.on(JOBS, page(job(ID, LONG_NAME, "AVAILABLE"), job(OTHER_ID, "日本語".repeat(40), "READY")));

        List<String> lines = Invocation.of(daemon)
                .onTerminal(width)
                .run("jobs")
                .out()
                .lines()
                .toList();

        assertThat(lines)
                .hasSize(3)
                .allSatisfy(line -> assertThat(DisplayWidth.of(line)).as(line).isLessThanOrEqualTo(width));
        assertThat(lines.get(1)).contains("AVAILABLE", "nightly", ".img.gz");
        assertThat(lines.get(1).contains("private/123")).isEqualTo(width >= 80);
        assertThat(lines.get(1).contains(ID)).isEqualTo(width >= 100);
    }

    @Test
    void states_have_colours_only_where_they_are_wanted() {
        daemon.on(JOBS, page(job(ID, "a.img.gz", "AVAILABLE")));

        assertThat(Invocation.of(daemon)
                        .onTerminal(80)
                        .withColours()
                        .run("jobs")
                        .out())
                .contains("\u001b[32mAVAILABLE\u001b[0m  ");
        assertThat(Invocation.of(daemon).onTerminal(80).run("jobs").out()).doesNotContain("\u001b");
    }

    @Test
    void json_is_an_array_of_the_jobs_as_the_daemon_sent_them() throws IOException {
        ObjectNode job = job(ID, "ä.img.gz", "AVAILABLE").put("unknown", 1e3).put("large", 5_368_709_120L);
        daemon.on(JOBS, page(job));

        Result result = Invocation.of(daemon).onTerminal(40).run("jobs", "--json");

        assertThat(new JsonMapper().readTree(result.out()).toString())
                .isEqualTo("[" + job.toString().replace("1000.0", "1000.0") + "]");
    }

    @Test
    void show_prints_what_is_known_of_a_job() {
        daemon.on(
                "GET /api/v1/jobs/" + ID,
                json(200, failed(ID, "x.img.gz", "empty", "x.img.gz is empty").toString()));

        Result result = Invocation.of(daemon).run("show", ID);

        assertThat(result.status()).isZero();
        assertThat(result.out())
                .contains(
                        "file:          x.img.gz", "state:         REJECTED", "error:         empty: x.img.gz is empty")
                .contains("compressed:    7 (7 bytes)")
                .doesNotContain("image:", "null");
    }

    @Test
    void show_finds_the_newest_job_of_a_file() throws IOException {
        daemon.on(JOBS, page(job(ID, "x.img.gz", "READY")));

        Result shown = Invocation.of(daemon).run("show", "--json", "x.img.gz");
        Result missing = Invocation.of(daemon).run("show", "y.img.gz");

        assertThat(new JsonMapper().readTree(shown.out()).path("id").asText()).isEqualTo(ID);
        assertThat(missing).isEqualTo(new Result(1, "", "imageferry: No job for the file y.img.gz\n"));
    }

    @Test
    void status_shows_what_blocks_the_queue() {
        daemon.on("GET /api/v1/summary", json(200, """
                        {"jobs":{"QUEUED":0,"AVAILABLE":12,"FAILED":1},"monthlyCost":12.5,"uploadsInProgress":2,"bytesPerSecond":1500000,
                         "oldestWaitingSeconds":65,"paused":false,"simulated":true,"version":"1.0","dropDirectory":"/srv/drop",
                         "bandwidth":{"limit":"10M","next":{"at":"2026-11-30T17:00:00Z","limit":"off"}},
                         "blocked":[{"gate":"api","reason":"no connection","since":"2026-11-30T08:00:00Z"}],
                         "instances":[{"name":"host-1"}]}"""));

        assertThat(Invocation.of(daemon).run("status").out())
                .isEqualTo("""
                        daemon:        %s (Linode is simulated)
                        version:       1.0
                        folder:        /srv/drop
                        queue:         blocked
                        blocked:       no connection since 2026-11-30T08:00:00Z
                        jobs:          12 AVAILABLE, 1 FAILED
                        uploads:       2, 1.5 MB/s
                        bandwidth:     10M, off from 2026-11-30T17:00:00Z
                        images cost:   $12.50 a month
                        oldest waits:  1:05
                        instance:      host-1
                        """.formatted(daemon.url().replaceFirst("/$", "")));
    }
}
