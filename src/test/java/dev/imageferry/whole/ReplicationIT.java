package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.simulator.Answer;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.RequestListener;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedImage.RegionCopy;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Replication to other regions: failing copies, and a daemon that is killed during replication. */
@Tag("exhaustive")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplicationIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int MAX_ATTEMPTS = 3;

    @TempDir
    static Path directory;

    private final SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
    private DaemonProcess daemon;

    @BeforeAll
    void start() {
        daemon = DaemonProcess.in(directory, linode)
                .set("imageferry.retry.max-attempts", String.valueOf(MAX_ATTEMPTS))
                .start();
    }

    @AfterAll
    void close() {
        if (daemon != null) {
            daemon.close();
        }
        linode.close();
    }

    @Test
    void timed_out_copy_is_requested_again() throws IOException {
        linode.script(
                Fault.onReplication(new Effect.ReplicationEndsAs("timedout")).forLabel("once"));

        drop(daemon, "once", "us-iad");
        JobStory story = archived(daemon, "once");

        assertThat(story.state()).isEqualTo("AVAILABLE");
        assertThat(story.errorCode()).isEmpty();
        assertThat(story.details())
                .anyMatch(detail -> detail.startsWith("replication-failed: ")
                        && detail.contains("available in us-ord, timedout in us-iad"));
        assertThat(asked("once")).hasSize(2);
        assertThat(image(story).regions())
                .containsExactlyInAnyOrder(
                        new RegionCopy("us-ord", "available"), new RegionCopy("us-iad", "available"));
    }

    @Test
    void missing_copies_fail_the_job_and_keep_the_image_and_other_copies() throws IOException {
        linode.script(Fault.onReplication(new Effect.ReplicationEndsAs("timedout"))
                .forLabel("partial")
                .fromNth(2)
                .always());

        drop(daemon, "partial", "nl-ams, us-iad");
        JobStory story = archived(daemon, "partial");

        assertThat(story.state()).isEqualTo("FAILED");
        assertThat(story.errorCode()).isEqualTo("replication-failed");
        assertThat(story.errorMessage())
                .contains(story.imageId(), "available in us-ord", "available in nl-ams", "timedout in us-iad");
        assertThat(asked("partial")).hasSize(MAX_ATTEMPTS);
        assertThat(image(story).regions())
                .contains(new RegionCopy("us-ord", "available"), new RegionCopy("nl-ams", "available"));
        assertThat(puts("partial")).hasSize(1);
        assertThat(daemon.dropFolder().resolve("failed/partial.img.gz")).exists();
    }

    @Test
    void unknown_region_is_told_before_the_upload() throws IOException {
        drop(daemon, "refused", "mars-base");
        JobStory story = archived(daemon, "refused");

        assertThat(story.state()).isEqualTo("REJECTED");
        assertThat(story.errorCode()).isEqualTo("bad-metadata");
        assertThat(story.errorMessage()).contains("replicateTo", "mars-base");
        assertThat(puts("refused")).isEmpty();
    }

    @Test
    void copy_that_never_becomes_available_times_out_and_the_image_is_kept() throws IOException {
        Path home = Files.createDirectory(directory.resolve("impatient"));
        linode.script(
                Fault.onReplication(new Effect.ReplicationEndsAs("replicating")).forLabel("never"));
        try (DaemonProcess impatient = DaemonProcess.in(home, linode)
                .set("imageferry.poll.timeout", "5s")
                .start()) {
            drop(impatient, "never", "us-iad");
            JobStory story = archived(impatient, "never");

            assertThat(story.state()).isEqualTo("FAILED");
            assertThat(story.errorCode()).isEqualTo("replication-failed");
            assertThat(story.errorMessage())
                    .contains("imageferry.poll.timeout", "available in us-ord, replicating in us-iad");
            assertThat(image(story).isAvailable()).isTrue();
            assertThat(asked("never")).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RequestListener.Moment.class,
            names = {"ARRIVED", "HANDLED"})
    void requests_missing_copies_after_sigkill(RequestListener.Moment moment) throws Exception {
        // given
        String label = "killed-" + moment.name().toLowerCase(Locale.ROOT);
        CompletableFuture<Void> killed = new CompletableFuture<>();
        linode.onRequest(RequestListener.on(Operation.REPLICATE, moment, request -> {
            if (label.equals(request.labelOrNull()) && !killed.isDone()) {
                daemon.kill();
                killed.complete(null);
            }
        }));

        // when
        drop(daemon, label, "nl-ams, us-iad");
        killed.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        daemon.start();
        JobStory story = archived(daemon, label);

        // then
        assertThat(story.state()).isEqualTo("AVAILABLE");
        assertThat(story.errorCode()).isEmpty();
        assertThat(image(story).regions())
                .containsExactlyInAnyOrder(
                        new RegionCopy("us-ord", "available"),
                        new RegionCopy("nl-ams", "available"),
                        new RegionCopy("us-iad", "available"));
        assertThat(puts(label)).as("the file is not sent again").hasSize(1);
        assertThat(linode.everCreated())
                .filteredOn(image -> image.label().equals(label))
                .hasSize(1);
    }

    @Test
    void failed_call_uses_up_an_attempt_and_is_retried() throws IOException {
        linode.script(Fault.answer(Operation.REPLICATE, Answer.error(500, "Internal Server Error"))
                .forLabel("error"));

        drop(daemon, "error", "us-iad");
        JobStory story = archived(daemon, "error");

        assertThat(story.state()).isEqualTo("AVAILABLE");
        assertThat(asked("error")).extracting(RecordedRequest::status).containsExactly(500, 200);
    }

    private static void drop(DaemonProcess daemon, String label, String regions) throws IOException {
        Files.writeString(daemon.dropFolder().resolve(label + ".img.gz.yaml"), "replicateTo: [" + regions + "]\n");
        Path made = DiskImages.ext4(directory.resolve(label + ".img.gz"), 10_000, label.hashCode());
        Files.move(made, daemon.dropFolder().resolve(label + ".img.gz"));
    }

    private static JobStory archived(DaemonProcess daemon, String label) {
        return JobStory.awaitArchived(daemon, label + ".img.gz", 1, LIMIT).getFirst();
    }

    private SimulatedImage image(JobStory story) {
        return linode.images().stream()
                .filter(image -> image.id().equals(story.imageId()))
                .findFirst()
                .orElseThrow();
    }

    private List<RecordedRequest> asked(String label) {
        return of(Operation.REPLICATE, label);
    }

    private List<RecordedRequest> puts(String label) {
        return of(Operation.PUT_OBJECT, label);
    }

    private List<RecordedRequest> of(Operation operation, String label) {
        return linode.requests(operation).stream()
                .filter(request -> label.equals(request.labelOrNull()))
                .toList();
    }
}
