package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.OtherImages;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.RequestListener.Moment;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kills the daemon while it deletes an image that its family no longer keeps, and restarts it. */
@Tag("exhaustive")
class RetentionCrashIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration LEASE = Duration.ofSeconds(6);

    @TempDir
    Path directory;

    private static String image(DaemonProcess daemon, String name) {
        return daemon.job(name + ".img.gz").get("image").get("id").asText();
    }

    private static JsonNode retired(DaemonProcess daemon, String name) {
        return daemon.job(name + ".img.gz").get("image").get("retired");
    }

    private static boolean isRetired(DaemonProcess daemon, String name) {
        return !retired(daemon, name).isNull();
    }

    private static List<String> atLinode(SimulatedLinode linode) {
        return linode.images().stream().map(SimulatedImage::id).toList();
    }

    private static List<String> deletions(SimulatedLinode linode) {
        return linode.requests(Operation.DELETE_IMAGE).stream()
                .map(RecordedRequest::imageIdOrNull)
                .map(String::valueOf)
                .toList();
    }

    private void drop(DaemonProcess daemon, String name) throws IOException {
        String file = name + ".img.gz";
        Path made = DiskImages.ext4(directory.resolve(file), 100_000, name.hashCode());
        Files.move(made, daemon.dropFolder().resolve(file));
    }

    /** Uploads a file for each name, one after the other. */
    private void upload(DaemonProcess daemon, int jobsBefore, String... names) throws IOException {
        int jobs = jobsBefore;
        for (String name : names) {
            drop(daemon, name);
            daemon.awaitArchived(++jobs, LIMIT);
        }
    }

    /** With ARRIVED, the simulator has not deleted the image. With HANDLED, it has, and the daemon never hears of it. */
    @ParameterizedTest
    @EnumSource(
            value = Moment.class,
            names = {"ARRIVED", "HANDLED"})
    void each_image_is_retired_once_and_no_other_is_deleted_after_a_kill(Moment moment) throws Exception {
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess daemon = DaemonProcess.in(directory, linode)
                        .set("imageferry.image.family", "debian")
                        .set("imageferry.image.keep", "2")
                        .set("imageferry.lease.duration", LEASE.toSeconds() + "s")
                        .start()) {
            // given
            String ofAnotherQueue = OtherImages.create(linode, ImageRecord.tag(UUID.randomUUID(), 1), "family-other");
            String ofSomebody = OtherImages.create(linode, "backup");
            upload(daemon, 0, "a", "b");
            String a = image(daemon, "a");
            String b = image(daemon, "b");
            Trap trap = Trap.in(linode);
            trap.arm(new KillPoint.AtRequest(Operation.DELETE_IMAGE, 1, moment), 0, daemon::kill);

            // when
            drop(daemon, "c");
            daemon.await("the kill during the deletion", LIMIT, trap::hasSprung);
            assertThat(deletions(linode)).containsExactly(a);
            assertThat(atLinode(linode).contains(a)).isEqualTo(moment == Moment.ARRIVED);
            daemon.start();
            daemon.awaitArchived(3, LIMIT);
            Instant begun =
                    Instant.parse(daemon.job("a.img.gz").get("updatedAt").asText());
            daemon.await(
                    "the lease of the killed daemon to run out",
                    LIMIT,
                    () -> Instant.now().isAfter(begun.plus(LEASE)));
            assertThat(isRetired(daemon, "a")).isFalse();
            upload(daemon, 3, "d");
            daemon.await("the retirement of two images", LIMIT, () -> isRetired(daemon, "a") && isRetired(daemon, "b"));
            upload(daemon, 4, "e");
            daemon.await("the retirement of another image", LIMIT, () -> isRetired(daemon, "c"));

            // then
            String c = image(daemon, "c");
            assertThat(atLinode(linode))
                    .containsExactlyInAnyOrder(ofAnotherQueue, ofSomebody, image(daemon, "d"), image(daemon, "e"));
            assertThat(deletions(linode))
                    .containsExactlyElementsOf(moment == Moment.ARRIVED ? List.of(a, a, b, c) : List.of(a, b, c));
            assertRetiredOnce(daemon, "a", a);
            assertRetiredOnce(daemon, "b", b);
            assertRetiredOnce(daemon, "c", c);
            assertThat(isRetired(daemon, "d")).isFalse();
            assertThat(isRetired(daemon, "e")).isFalse();
            assertThat(daemon.json("/api/v1/families")).singleElement().satisfies(family -> {
                assertThat(family.get("kept").asInt()).isEqualTo(2);
                assertThat(family.get("retired").asInt()).isEqualTo(3);
            });
        }
    }

    private static void assertRetiredOnce(DaemonProcess daemon, String name, String image) {
        JobStory story = JobStory.of(daemon, name + ".img.gz").getFirst();
        assertThat(story.state()).isEqualTo("AVAILABLE");
        JsonNode retired = retired(daemon, name);
        assertThat(retired.get("reason").asText()).startsWith("family debian keeps 2 images, and its newest is ");
        List<JobStory.Line> lines = story.history().stream()
                .filter(line -> line.detail().contains(image + " at Linode"))
                .toList();
        assertThat(lines)
                .extracting(JobStory.Line::detail)
                .containsExactly(
                        "deleting image " + image + " at Linode: "
                                + retired.get("reason").asText(),
                        "deleted image " + image + " at Linode");
        assertThat(Instant.parse(retired.get("at").asText()))
                .isEqualTo(lines.getLast().at());
    }
}
