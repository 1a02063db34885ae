package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.job.JobState;
import dev.imageferry.notify.TestReceiver;
import dev.imageferry.notify.TestReceiver.Answer;
import dev.imageferry.notify.TestReceiver.Received;
import dev.imageferry.queue.JobControl.Change;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.worker.Gate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Outcomes of real runs arrive at the receiver, whatever fails between the outcome and its delivery. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
class WebhookTest {
    private static final SimulatedLinode LINODE = SimulatedLinode.start(Scenario.options(SimulatorOptions.forTests()));
    private static final Duration LEASE_OF_AN_ATTEMPT = Duration.ofMinutes(3);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final TestReceiver receiver = TestReceiver.start();

    @TempDir
    Path root;

    private Pipeline pipeline;

    @BeforeEach
    void emptyEverything() {
        LINODE.clearFaults();
        LINODE.images().forEach(image -> LINODE.vanish(image.id()));
        pipeline = new Pipeline(LINODE, root)
                .set("imageferry.notify.url", receiver.url())
                .set("imageferry.notify.secret", "key");
    }

    @AfterEach
    void closeReceiver() {
        receiver.close();
    }

    @AfterAll
    static void close() {
        LINODE.close();
    }

    private List<String> events() {
        return receiver.received().stream()
                .map(request -> String.valueOf(request.event()))
                .toList();
    }

    private int waiting() {
        return pipeline.queue().execute("UPDATE notification SET body = body");
    }

    private static JsonNode json(Received request) {
        try {
            return JSON.readTree(request.body());
        } catch (JsonProcessingException e) {
            throw new AssertionError(request.body(), e);
        }
    }

    @Test
    void an_available_image_is_delivered_as_rest_shows_the_job() {
        pipeline.drop("debian.img.gz", Scenario.IMAGE);

        pipeline.start().runToEnd().webhook().sendDue();

        Job job = pipeline.job();
        assertThat(receiver.received()).singleElement().satisfies(request -> {
            assertThat(request.event()).isEqualTo("job.available");
            assertThat(request.signature()).startsWith("sha256=");
            assertThat(request.body()).doesNotContain("Signature=", LINODE.token(), "uploadUrl");
            JsonNode body = json(request);
            assertThat(body.path("id").asText()).isEqualTo(job.id().toString());
            assertThat(body.path("file").asText()).isEqualTo("debian.img.gz");
            assertThat(body.path("state").asText()).isEqualTo("AVAILABLE");
            assertThat(body.path("image").path("id").asText())
                    .isEqualTo(job.image().idOrNull());
            assertThat(body.path("sha256").asText()).isEqualTo(Scenario.sha256(Scenario.IMAGE));
            assertThat(body.path("finishedAt").asText())
                    .isEqualTo(String.valueOf(body.path("updatedAt").asText()))
                    .endsWith("Z");
            assertThat(body.path("error").isNull()).isTrue();
            assertThat(body.path("archived").asBoolean()).isFalse();
        });
        assertThat(waiting()).isZero();
    }

    @Test
    void nothing_is_written_without_a_url() {
        pipeline.set("imageferry.notify.url", "");
        pipeline.drop("debian.img.gz", Scenario.IMAGE);

        Pipeline.Daemon daemon = pipeline.start().runToEnd();

        assertThat(waiting()).isZero();
        daemon.webhook().sendDue();
        assertThat(daemon.registry()
                        .find("imageferry_notifications")
                        .tag("outcome", "delivered")
                        .counter())
                .isNotNull();
    }

    @Test
    void a_rejected_file_and_a_job_that_is_cancelled_before_its_first_step_are_delivered() {
        pipeline.drop("bad.img.gz", "no gzip at all".getBytes(StandardCharsets.UTF_8));
        pipeline.start().runToEnd().webhook().sendDue();
        pipeline.drop("unwanted.img.gz", Scenario.IMAGE);
        Pipeline.Daemon daemon = pipeline.start();
        daemon.service().scan();
        Job queued = pipeline.jobs().getLast();
        assertThat(queued.state()).isEqualTo(JobState.QUEUED);

        pipeline.queue().control().requestCancel(queued.id());
        daemon.runToEnd(2).webhook().sendDue();

        assertThat(events()).containsExactly("job.rejected", "job.cancelled");
        assertThat(json(receiver.received().getLast())
                        .path("error")
                        .path("code")
                        .asText())
                .isEqualTo("cancelled");
    }

    @Test
    void a_job_that_failed_and_was_retried_is_delivered_twice_in_order() throws IOException {
        pipeline.set("imageferry.retry.max-attempts", "1");
        LINODE.script(Fault.onPut(new Effect.CutAfter(50_000)));
        pipeline.drop("x.img.gz", Scenario.IMAGE);
        Pipeline.Daemon daemon = pipeline.start().runToEnd();
        Job failed = pipeline.job();
        assertThat(failed.state()).isEqualTo(JobState.FAILED);
        Files.move(root.resolve("failed/x.img.gz"), root.resolve("x.img.gz"));
        Job again = JobLifecycle.retried(failed, FileFingerprint.of(root.resolve("x.img.gz")), failed.metadata());
        assertThat(pipeline.queue().control().retry(again)).isInstanceOf(Change.Made.class);
        daemon.runToEnd();
        assertThat(waiting()).isEqualTo(2);

        daemon.webhook().sendDue();

        assertThat(events()).containsExactly("job.failed", "job.available");
        assertThat(receiver.received())
                .extracting(request -> json(request).path("state").asText())
                .as("each as it was at the time of its outcome")
                .containsExactly("FAILED", "AVAILABLE");
        assertThat(receiver.received()).extracting(Received::delivery).doesNotHaveDuplicates();
    }

    /** The daemon is killed, or the answer of the database is lost, at each boundary of the write of the outcome. */
    @ParameterizedTest
    @ValueSource(strings = {"kill before COMMIT", "kill after COMMIT", "fail before COMMIT", "fail after COMMIT"})
    void an_outcome_and_its_notification_are_written_together(String what) {
        int commitOfTheOutcome = commitsOfOneRun();
        emptyEverything();
        pipeline.drop("debian.img.gz", Scenario.IMAGE);
        boolean[] done = {false};
        int[] commits = {0};
        Pipeline.Daemon daemon = pipeline.start((index, name, boundaries) -> {
            if (!done[0] && what.endsWith(name) && ++commits[0] == commitOfTheOutcome) {
                done[0] = true;
                if (what.startsWith("kill")) {
                    throw boundaries.kill(name);
                }
                return new SQLException("the connection was lost", "08006");
            }
            return null;
        });
        try {
            daemon.runToEnd();
        } catch (Boundaries.Killed e) {
            assertThat(what).startsWith("kill");
            pipeline.pass(Pipeline.LEASE.plusSeconds(1));
            daemon = pipeline.start().runToEnd();
        }
        daemon.gates().open(Gate.DATABASE); // as the next heartbeat does

        daemon.webhook().sendDue();

        assertThat(done[0]).isTrue();
        assertThat(events()).containsExactly("job.available");
        assertThat(pipeline.queue().total("AVAILABLE")).isOne();
    }

    /** The last transaction of a run is that of the outcome. Archiving is one statement. */
    private int commitsOfOneRun() {
        pipeline.drop("debian.img.gz", Scenario.IMAGE);
        return Collections.frequency(pipeline.start().runToEnd().boundaries().passed(), "before COMMIT");
    }

    @Test
    void a_daemon_that_dies_between_the_post_and_its_note_sends_again_with_the_same_id() {
        pipeline.drop("debian.img.gz", Scenario.IMAGE);
        Pipeline.Daemon dying = pipeline.start((index, name, boundaries) -> {
                    if (name.startsWith("before DELETE FROM notification")) {
                        throw boundaries.kill(name);
                    }
                    return null;
                })
                .runToEnd();
        assertThatThrownBy(() -> dying.webhook().sendDue()).isInstanceOf(Boundaries.Killed.class);
        assertThat(events()).hasSize(1);

        Pipeline.Daemon next = pipeline.start();
        next.webhook().sendDue();
        assertThat(events()).as("the lease is still valid").hasSize(1);
        pipeline.pass(LEASE_OF_AN_ATTEMPT);
        next.webhook().sendDue();

        assertThat(receiver.received())
                .hasSize(2)
                .allMatch(request -> request.equals(receiver.received().getFirst()));
        assertThat(waiting()).isZero();
    }

    @Test
    void a_success_is_noted_after_a_database_outage_of_any_length() {
        pipeline.drop("debian.img.gz", Scenario.IMAGE);
        int[] left = {300};
        Pipeline.Daemon daemon = pipeline.start(
                (index, name, boundaries) -> name.startsWith("before DELETE FROM notification") && left[0]-- > 0
                        ? new SQLException("the database system is shutting down", "57P01")
                        : null);
        daemon.runToEnd().webhook().sendDue();

        assertThat(left[0]).isNegative();
        assertThat(events()).containsExactly("job.available");
        assertThat(waiting()).isZero();
        assertThat(daemon.gates().isOpen(Gate.DATABASE)).isFalse();
    }

    @Test
    void nothing_is_claimed_while_the_database_is_away() {
        pipeline.drop("debian.img.gz", Scenario.IMAGE);
        boolean[] away = {false};
        Pipeline.Daemon daemon = pipeline.start((index, name, boundaries) -> away[0] && Boundaries.isOfDatabase(name)
                        ? new SQLException("the database system is shutting down", "57P01")
                        : null)
                .runToEnd();
        away[0] = true;
        daemon.webhook().sendDue();
        assertThat(daemon.gates().isOpen(Gate.DATABASE)).isFalse();
        int boundaries = daemon.boundaries().passed().size();
        daemon.webhook().sendDue();
        assertThat(daemon.boundaries().passed()).hasSize(boundaries);

        away[0] = false;
        daemon.gates().open(Gate.DATABASE);
        daemon.webhook().sendDue();

        assertThat(events()).containsExactly("job.available");
    }

    @Test
    void a_receiver_that_is_away_for_a_day_holds_up_no_job_and_gets_everything_afterwards() {
        receiver.kill();
        Pipeline.Daemon daemon = pipeline.start();
        for (int file = 1; file <= 3; file++) {
            pipeline.drop("image-" + file + ".img.gz", Scenario.gzip(Scenario.random(1000, file)));
            daemon.runToEnd(file).webhook().sendDue();
            pipeline.pass(Duration.ofHours(8));
        }
        assertThat(pipeline.jobs()).hasSize(3).allMatch(Job::isArchived);

        receiver.restart();
        daemon.webhook().sendDue();

        assertThat(receiver.received())
                .extracting(request -> json(request).path("file").asText())
                .containsExactlyInAnyOrder("image-1.img.gz", "image-2.img.gz", "image-3.img.gz");
        assertThat(waiting()).isZero();
    }

    @Test
    void a_stopped_webhook_sends_nothing_more() throws InterruptedException {
        pipeline.drop("debian.img.gz", Scenario.IMAGE);
        receiver.script(request -> Answer.OK);
        Pipeline.Daemon daemon = pipeline.start().runToEnd();

        daemon.webhook().stop();
        daemon.webhook().sendDue();
        daemon.webhook().close(Duration.ofSeconds(1));

        assertThat(events()).isEmpty();
        assertThat(waiting()).isOne();
    }
}
