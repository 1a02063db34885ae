package dev.imageferry.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.RetryPolicy;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.job.Ticker;
import dev.imageferry.linode.HttpLinodeImages;
import dev.imageferry.linode.LinodeSettings;
import dev.imageferry.linode.NewImage;
import dev.imageferry.linode.TokenSource;
import dev.imageferry.simulator.Answer;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.JudgedLinodeImages;
import dev.imageferry.worker.LinodeProbe;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Missing images and their events, against the simulated Linode. */
class UploadEventsTest {
    private static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");

    private final SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
    private final SettableClock clock = new SettableClock();
    private final Gates gates = new Gates(InstantSource.system(), Ticker.SYSTEM);
    private final HttpLinodeImages images = new HttpLinodeImages(
            linode.uri(),
            new TokenSource(new Settings(Optional.of(linode.token()), Optional.empty(), linode.uri())),
            "1.2.3",
            InstantSource.system(),
            new SimpleMeterRegistry());
    private final UploadEvents events =
            new UploadEvents(new JudgedLinodeImages(images, new LinodeProbe(images, gates), gates), new Elapsed(clock));
    private final JobLifecycle lifecycle =
            new JobLifecycle(new RetryPolicy(8, Duration.ofSeconds(2), Duration.ofMinutes(10)), new Random(1));

    record Settings(Optional<String> token, Optional<Path> tokenFile, URI url) implements LinodeSettings {}

    @AfterEach
    void stop() {
        linode.close();
    }

    private String vanishedImage() throws InterruptedException {
        images.create(new NewImage("debian-12", "us-ord", "", false, List.of()));
        String id = linode.images().getFirst().id();
        linode.vanish(id);
        return id;
    }

    private static Job missing(String imageId, @Nullable Duration since) {
        return missing(imageId, since, NOW);
    }

    private static Job missing(String imageId, @Nullable Duration since, Instant updatedAt) {
        Problem vanished = new Problem(ErrorCode.IMAGE_VANISHED, "the image is not there");
        return new Job(
                new UUID(1, 2),
                new UUID(3, 4),
                "debian-12.img.gz",
                new FileFingerprint(1, 10, 1, 1),
                NOW,
                JobState.PROCESSING,
                new ImageMetadata("debian-12", "", "us-ord", List.of(), false, List.of(), 0),
                0,
                false,
                null,
                null,
                new ImageRecord(1, false, imageId, ImageRecord.PENDING_UPLOAD, List.of(), null, NOW),
                null,
                10,
                1,
                NOW,
                since == null ? null : vanished,
                since == null ? null : NOW.minus(since),
                "one",
                1,
                false,
                null,
                NOW,
                NOW,
                NOW,
                null,
                null,
                updatedAt);
    }

    @Test
    void waits_for_an_event_that_explains_the_missing_image() throws InterruptedException {
        String image = vanishedImage();

        for (Duration since : new @Nullable Duration[] {null, Duration.ZERO, Duration.ofSeconds(119)}) {
            StepOutcome outcome = events.gone(missing(image, since), image);

            assertThat(outcome).isInstanceOfSatisfying(StepOutcome.StillPending.class, pending -> {
                assertThat(pending.whyOrNull()).extracting(Problem::code).isEqualTo(ErrorCode.IMAGE_VANISHED);
                assertThat(pending.pause()).isPositive();
            });
            assertThat(lifecycle.decide(outcome).job().state()).isEqualTo(JobState.PROCESSING);
        }
        assertThat(linode.requests(Operation.EVENTS)).hasSize(3);
    }

    @Test
    void cancels_the_job_after_two_minutes_without_an_event() throws InterruptedException {
        String image = vanishedImage();

        StepOutcome outcome = events.gone(missing(image, Duration.ofMinutes(3)), image);

        Job ended = lifecycle.decide(outcome).job();
        assertThat(ended.state()).isEqualTo(JobState.CANCELLED);
        assertThat(ended.error()).hasValueSatisfying(problem -> {
            assertThat(problem.code()).isEqualTo(ErrorCode.IMAGE_VANISHED);
            assertThat(problem.message()).contains(image, "debian-12.img.gz", "Retry the job");
        });
        assertThat(ended.image().idOrNull()).isNull();
    }

    @Test
    void a_token_without_the_scope_for_events_closes_no_gate() throws InterruptedException {
        String image = vanishedImage();
        linode.script(Fault.answer(
                        Operation.EVENTS, Answer.error(401, "Your OAuth token is not authorized to use this endpoint."))
                .always());

        StepOutcome first = events.gone(missing(image, null), image);
        StepOutcome last = events.gone(missing(image, Duration.ofMinutes(3)), image);

        assertThat(first).isInstanceOf(StepOutcome.StillPending.class);
        assertThat(lifecycle.decide(last).job().state()).isEqualTo(JobState.CANCELLED);
        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_change_of_the_database_clock_does_not_change_the_two_minutes() throws InterruptedException {
        String image = vanishedImage();
        assertThat(events.gone(missing(image, Duration.ZERO), image)).isInstanceOf(StepOutcome.StillPending.class);

        // the same instant, while the clock of the database is set forward and then back
        Job forward = missing(image, Duration.ZERO, NOW.plus(Duration.ofHours(1)));
        assertThat(events.gone(forward, image)).isInstanceOf(StepOutcome.StillPending.class);
        clock.advance(Duration.ofMinutes(2));
        Job back = missing(image, Duration.ZERO, NOW.minus(Duration.ofHours(1)));
        assertThat(events.gone(back, image)).isInstanceOf(StepOutcome.GaveUp.class);
    }

    @ParameterizedTest
    @CsvSource({
        "started, Nothing",
        "in_progress, Nothing",
        "scheduled, Nothing",
        "notification, Nothing",
        "'', Nothing",
        "finished, Finished",
        "completed, Finished",
        "failed, Failed"
    })
    void only_a_finished_event_proves_that_the_bytes_arrived(String status, String told) throws InterruptedException {
        linode.script(Fault.answer(
                Operation.EVENTS,
                Answer.of(
                        200,
                        "{\"data\":[{\"id\":1,\"action\":\"image_upload\",\"entity\":{\"id\":5},\"status\":\"" + status
                                + "\"}],\"page\":1,\"pages\":1,\"results\":1}")));

        assertThat(events.verdict(missing("private/5", null), "private/5"))
                .satisfies(found -> assertThat(found.getClass().getSimpleName()).isEqualTo(told));
    }

    @Test
    void an_event_without_an_entity_ends_no_job() throws InterruptedException {
        linode.script(Fault.answer(
                Operation.EVENTS,
                Answer.of(200, "{\"data\":[{\"id\":1,\"status\":\"failed\"}],\"page\":1,\"pages\":1,\"results\":1}")));

        assertThat(events.verdict(missing("private/5", null), "private/5"))
                .isInstanceOf(UploadEvents.Verdict.Nothing.class);
    }

    @Test
    void a_page_of_another_server_leaves_the_events_unknown() throws InterruptedException {
        String image = vanishedImage();
        linode.script(Fault.answer(Operation.EVENTS, Answer.of(404, "404 page not found"))
                .always());

        StepOutcome outcome = events.gone(missing(image, Duration.ofMinutes(3)), image);

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        StepOutcome.RetryLater.class,
                        retry -> assertThat(retry.problem().code()).isEqualTo(ErrorCode.LINODE_ERROR));
    }
}
