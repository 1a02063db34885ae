package dev.imageferry.cli;

import static dev.imageferry.cli.ScriptedDaemon.ID;
import static dev.imageferry.cli.ScriptedDaemon.OTHER_ID;
import static dev.imageferry.cli.ScriptedDaemon.brokenConnection;
import static dev.imageferry.cli.ScriptedDaemon.failed;
import static dev.imageferry.cli.ScriptedDaemon.job;
import static dev.imageferry.cli.ScriptedDaemon.json;
import static dev.imageferry.cli.ScriptedDaemon.page;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.cli.Invocation.Result;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WaitCommandTest {
    private static final String JOBS = "GET /api/v1/jobs";
    private static final String FOLLOW = "GET /api/v1/jobs/" + ID;
    private static final String FOLLOW_OTHER = "GET /api/v1/jobs/" + OTHER_ID;

    private ScriptedDaemon daemon;
    private Invocation invocation;

    @BeforeEach
    void start() throws IOException {
        daemon = new ScriptedDaemon();
        invocation = Invocation.of(daemon);
    }

    @AfterEach
    void stop() {
        daemon.close();
    }

    @Test
    void follows_a_job_by_its_id() {
        daemon.on(
                FOLLOW,
                json(200, job(ID, "x.img.gz", "PROCESSING").toString()),
                json(200, job(ID, "x.img.gz", "AVAILABLE").toString()));

        assertThat(invocation.run("wait", ID).out()).isEqualTo("private/123\n");
    }

    @Test
    void follows_the_newest_job_of_a_file() {
        daemon.on(JOBS, page(job(ID, "a/x.img.gz", "READY")));
        daemon.on(FOLLOW, json(200, job(ID, "a/x.img.gz", "AVAILABLE").toString()));

        Result result = invocation.run("wait", "a/x.img.gz");

        assertThat(result).isEqualTo(new Result(0, "private/123\n", ""));
        assertThat(daemon.requests(JOBS).getFirst().getUrl().query()).isEqualTo("file=a/x.img.gz&order=newest&limit=1");
    }

    @Test
    void an_ended_job_is_the_result_if_the_daemon_answers_before_the_time_is_up() {
        daemon.on(JOBS, page(job(ID, "x.img.gz", "AVAILABLE")));

        assertThat(invocation.run("wait", "x.img.gz").out()).isEqualTo("private/123\n");
        assertThat(daemon.requests(JOBS).getLast().getUrl().queryParameter("wait"))
                .isEqualTo("20000ms");
    }

    @Test
    void a_new_file_of_an_old_name_is_waited_for() {
        // given: the daemon holds the answer back, because a file of this name is settling
        daemon.on(JOBS, page(failed(OTHER_ID, "x.img.gz", "not-gzip", "old")))
                .then(JOBS, () -> {
                    invocation.advance(Duration.ofSeconds(20));
                    return page(failed(OTHER_ID, "x.img.gz", "not-gzip", "old"));
                })
                .then(JOBS, () -> page(job(ID, "x.img.gz", "QUEUED")));
        daemon.on(FOLLOW, json(200, job(ID, "x.img.gz", "AVAILABLE").toString()));

        // when
        Result result = invocation.run("wait", "x.img.gz");

        // then
        assertThat(result).isEqualTo(new Result(0, "private/123\n", ""));
    }

    @Test
    void a_file_without_a_job_is_waited_for_with_a_remark() {
        daemon.on(JOBS, page(), page(), page(job(ID, "x.img.gz", "AVAILABLE")));

        Result result = invocation.run("wait", "x.img.gz");

        assertThat(result)
                .isEqualTo(new Result(0, "private/123\n", "imageferry: x.img.gz has no job yet, waiting for it\n"));
    }

    @Test
    void a_file_that_never_comes_ends_with_the_time() {
        daemon.on(JOBS, page()).then(JOBS, () -> {
            invocation.advance(Duration.ofSeconds(20));
            return page();
        });

        Result result = invocation.run("wait", "x.img.gz", "--timeout=1m");

        assertThat(result.status()).isEqualTo(4);
        assertThat(result.err()).endsWith("The time (--timeout) is up: x.img.gz has no job\n");
    }

    @Test
    void an_asterisk_in_a_name_does_not_match_other_files() {
        daemon.on(JOBS, page(job(OTHER_ID, "abc.img.gz", "READY"), job(ID, "a*c.img.gz", "READY")));
        daemon.on(FOLLOW, json(200, job(ID, "a*c.img.gz", "AVAILABLE").toString()));

        assertThat(invocation.run("wait", "a*c.img.gz").out()).isEqualTo("private/123\n");
    }

    @Test
    void several_are_reported_in_their_order_with_their_files() {
        daemon.on(FOLLOW, json(200, job(ID, "x.img.gz", "AVAILABLE").toString()));
        daemon.on(
                FOLLOW_OTHER,
                json(
                        200,
                        failed(OTHER_ID, "y.img.gz", "empty", "y.img.gz is empty")
                                .toString()));

        Result result = invocation.run("wait", OTHER_ID, ID);

        assertThat(result)
                .isEqualTo(new Result(
                        1, "private/123\tx.img.gz\n", "imageferry: y.img.gz: REJECTED (empty: y.img.gz is empty)\n"));
    }

    @Test
    void a_second_outage_gets_its_own_remark() {
        daemon.on(
                FOLLOW,
                brokenConnection(),
                json(200, job(ID, "x.img.gz", "UPLOADING").toString()),
                brokenConnection(),
                json(200, job(ID, "x.img.gz", "AVAILABLE").toString()));

        Result result = invocation.run("wait", ID);

        assertThat(result.out()).isEqualTo("private/123\n");
        assertThat(result.err().lines().filter(line -> line.contains("trying again")))
                .hasSize(2);
    }
}
