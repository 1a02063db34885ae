package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.notify.TestReceiver;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way of good files: dropped, checked, sent, waited for, archived, notified. */
class MainJobIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    @TempDir
    Path directory;

    @Test
    void twenty_images_arrive_with_never_more_than_four_uploads_at_a_time() throws IOException {
        // given
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                TestReceiver receiver = TestReceiver.start();
                DaemonProcess daemon = DaemonProcess.in(directory, linode)
                        .environment("IMAGEFERRY_NOTIFY_URL", receiver.url())
                        .environment("IMAGEFERRY_NOTIFY_SECRET", "s3cret-of-the-signature")
                        .set("imageferry.upload.concurrency", "4")
                        .start()) {
            Map<String, String> hashes = new HashMap<>();
            for (int i = 0; i < 20; i++) {
                Path made = DiskImages.ext4(directory.resolve("image-" + i + ".img.gz"), 200_000 + i * 150_000, i);
                hashes.put("image-" + i, DiskImages.sha256(made));
            }

            // when
            for (int i = 0; i < 20; i++) {
                Path made = directory.resolve("image-" + i + ".img.gz");
                Files.move(made, daemon.dropFolder().resolve(made.getFileName()));
            }
            List<JsonNode> jobs = daemon.awaitArchived(20, LIMIT);

            // then
            assertThat(jobs)
                    .hasSize(20)
                    .allSatisfy(job -> assertThat(job.get("state").asText()).isEqualTo("AVAILABLE"));
            assertThat(linode.mostConcurrentPuts()).isBetween(1, 4);
            Map<String, String> arrived = new HashMap<>();
            for (SimulatedImage image : linode.images()) {
                arrived.put(image.label(), image.sha256OrNull());
            }
            assertThat(arrived).isEqualTo(hashes);
            assertThat(linode.everCreated()).hasSize(20);
            assertThat(daemon.dropFolder().resolve("done"))
                    .isDirectoryContaining("glob:**/image-7.img.gz.receipt.json");
            daemon.await(
                    "a notification of each image",
                    LIMIT,
                    () -> receiver.received().size() >= 20);
            assertThat(receiver.received())
                    .hasSize(20)
                    .allSatisfy(request -> assertThat(request.event()).isEqualTo("job.available"))
                    .extracting(TestReceiver.Received::delivery)
                    .doesNotHaveDuplicates();
            assertThat(daemon.log()).doesNotContain("s3cret");
        }
    }
}
