package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restarts the daemon with a database restored from a backup. */
@Tag("exhaustive")
class RestoredDatabaseIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int SLOWLY = 400_000;
    private static final List<String> LABELS = List.of("sending", "waiting");

    @TempDir
    Path directory;

    private final Map<String, String> hashes = new TreeMap<>();

    @Test
    void files_in_the_drop_folder_keep_their_images() throws Exception {
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess daemon = daemon(linode).set("imageferry.drop.when-done", "keep")) {
            // given
            restoreAfterTheWorkWasDone(daemon, linode);
            Map<String, String> made = images(linode);

            // when
            daemon.start();
            daemon.post("/api/v1/queue/resume");
            daemon.awaitArchived(LABELS.size(), LIMIT);

            // then
            assertThat(images(linode)).isEqualTo(made);
            assertThat(linode.requests(Operation.CREATE)).hasSize(LABELS.size());
            assertThat(puts(linode, "sending").stream().filter(RecordedRequest::stored))
                    .hasSize(1);
            for (String label : LABELS) {
                JsonNode job = daemon.job(label + ".img.gz");
                assertThat(job.get("state").asText()).isEqualTo("AVAILABLE");
                assertThat(job.get("image").get("id").asText()).isEqualTo(idOf(linode, label));
            }
        }
    }

    @Test
    void archived_files_and_their_images_are_kept() throws Exception {
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess daemon = daemon(linode)) {
            // given
            restoreAfterTheWorkWasDone(daemon, linode);
            Map<String, String> made = images(linode);

            // when
            daemon.start();
            daemon.post("/api/v1/queue/resume");
            daemon.awaitArchived(LABELS.size(), LIMIT);

            // then
            assertThat(images(linode)).isEqualTo(made);
            assertThat(linode.requests(Operation.DELETE_IMAGE)).isEmpty();
            for (String label : LABELS) {
                assertThat(daemon.job(label + ".img.gz")
                                .get("error")
                                .get("code")
                                .asText())
                        .isEqualTo("file-removed");
                assertThat(DiskImages.sha256(daemon.dropFolder().resolve("done").resolve(label + ".img.gz")))
                        .isEqualTo(hashes.get(label));
            }
        }
    }

    private DaemonProcess daemon(SimulatedLinode linode) throws IOException {
        return DaemonProcess.in(Files.createDirectory(directory.resolve("home")), linode)
                .set("imageferry.upload.concurrency", "1")
                .set("imageferry.shutdown.grace", "1s");
    }

    /** Makes the backup while one file is being uploaded and the other waits. Then both become images. */
    private void restoreAfterTheWorkWasDone(DaemonProcess daemon, SimulatedLinode linode) throws Exception {
        Path postgres = directory.resolve("home/data/postgres");
        Path backup = directory.resolve("backup");
        daemon.start();
        linode.script(Fault.onPut(new Effect.ReadSlowly(SLOWLY)).always());
        drop("sending", daemon);
        daemon.await(
                "the middle of the PUT",
                LIMIT,
                () -> puts(linode, "sending").stream().anyMatch(put -> put.bodyBytes() > SLOWLY));
        // the backup contains the pause
        daemon.post("/api/v1/queue/pause");
        drop("waiting", daemon);
        daemon.await(
                "the other job to wait",
                LIMIT,
                () -> daemon.jobs().stream()
                        .anyMatch(job -> job.get("state").asText().equals("READY")));
        assertThat(daemon.command(0, "database", "backup", backup.toString())).contains("Backed up 2 jobs");
        linode.clearFaults();
        daemon.post("/api/v1/queue/resume");
        daemon.awaitArchived(LABELS.size(), LIMIT);
        assertThat(images(linode)).isEqualTo(hashes);
        assertThat(daemon.terminate()).isEqualTo(143);
        Files.move(postgres, directory.resolve("latest"));
        assertThat(daemon.command(0, "database", "restore", backup.toString())).contains("Restored 2 jobs");
    }

    private void drop(String label, DaemonProcess daemon) throws IOException {
        Path made = DiskImages.ext4(directory.resolve(label + ".img.gz"), 8 << 20, label.hashCode());
        hashes.put(label, DiskImages.sha256(made));
        Files.move(made, daemon.dropFolder().resolve(label + ".img.gz"));
    }

    private static Map<String, String> images(SimulatedLinode linode) {
        assertThat(linode.images()).hasSize(LABELS.size()).allMatch(SimulatedImage::isAvailable);
        Map<String, String> images = new TreeMap<>();
        linode.images().forEach(image -> images.put(image.label(), image.sha256OrNull()));
        return images;
    }

    private static String idOf(SimulatedLinode linode, String label) {
        return linode.images().stream()
                .filter(image -> image.label().equals(label))
                .findFirst()
                .orElseThrow()
                .id();
    }

    private static List<RecordedRequest> puts(SimulatedLinode linode, String label) {
        return linode.requests(Operation.PUT_OBJECT).stream()
                .filter(put -> label.equals(put.labelOrNull()))
                .toList();
    }
}
