package dev.imageferry.cli;

import static dev.imageferry.cli.ScriptedDaemon.ID;
import static dev.imageferry.cli.ScriptedDaemon.OTHER_ID;
import static dev.imageferry.cli.ScriptedDaemon.job;
import static dev.imageferry.cli.ScriptedDaemon.json;
import static dev.imageferry.cli.ScriptedDaemon.noContent;
import static dev.imageferry.cli.ScriptedDaemon.page;
import static dev.imageferry.cli.ScriptedDaemon.problem;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.cli.Invocation.Result;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code retry}, {@code cancel}, {@code pause} and {@code resume}. */
class ChangeCommandTest {
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
    void changes_single_jobs_and_reports_those_that_do_not_allow_it() {
        daemon.on("POST /api/v1/jobs/" + ID + "/retry", problem(409, "not-allowed-now", "The job is AVAILABLE."));
        daemon.on("GET /api/v1/jobs", page(job(OTHER_ID, "y.img.gz", "FAILED")));
        daemon.on(
                "POST /api/v1/jobs/" + OTHER_ID + "/retry",
                json(200, job(OTHER_ID, "y.img.gz", "QUEUED").toString()));

        Result result = Invocation.of(daemon).run("retry", ID, "y.img.gz");

        assertThat(result)
                .isEqualTo(new Result(1, OTHER_ID + "\ty.img.gz\n", "imageferry: " + ID + ": The job is AVAILABLE.\n"));
    }

    @Test
    void changes_all_jobs_that_match_filters_in_one_call() {
        daemon.on("POST /api/v1/jobs/cancel", json(200, "{\"changed\":3,\"refused\":[]}"));

        Result result = Invocation.of(daemon).run("cancel", "--state=READY", "--file=nightly/*");

        assertThat(result).isEqualTo(new Result(0, "3 changed\n", ""));
        assertThat(daemon.requests("POST /api/v1/jobs/cancel")
                        .getFirst()
                        .getUrl()
                        .query())
                .isEqualTo("state=READY&file=nightly/*");
    }

    @Test
    void reports_each_refusal_of_a_call_for_many() {
        daemon.on(
                "POST /api/v1/jobs/retry",
                json(200, "{\"changed\":1,\"refused\":[{\"id\":\"" + ID + "\",\"reason\":\"the name is taken\"}]}"));

        Result result = Invocation.of(daemon).run("retry", "--state=FAILED");

        assertThat(result).isEqualTo(new Result(1, "1 changed\n", "imageferry: " + ID + ": the name is taken\n"));
    }

    @Test
    void pauses_and_resumes_the_queue() {
        daemon.on("POST /api/v1/queue/pause", noContent());
        daemon.on("POST /api/v1/queue/resume", noContent());

        assertThat(Invocation.of(daemon).run("pause").out()).startsWith("Paused");
        assertThat(Invocation.of(daemon).run("resume", "--json").out()).contains("\"paused\" : false");
        assertThat(daemon.requests()).hasSize(2);
    }
}
