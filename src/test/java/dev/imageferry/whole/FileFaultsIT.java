package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Jobs whose file is replaced, changed or removed. */
@Tag("exhaustive")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FileFaultsIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** More than the buffers of both sockets, so that the middle of a PUT is the same for both sides. */
    private static final int PAYLOAD_BYTES = 10 << 20;

    private static final int SLOWLY = 2_500_000;
    private static final int MIDDLE_BYTES = 300_000;

    @TempDir
    static Path directory;

    private SimulatedLinode linode;
    private DaemonProcess daemon;

    /** The state of the job when its file changes. */
    enum Stage {
        READY,
        UPLOADING,
        PROCESSING;

        String file(Change change) {
            return label(change) + ".img.gz";
        }

        String label(Change change) {
            return (change + "-" + this).toLowerCase(Locale.ROOT);
        }
    }

    /** The change to the file. */
    enum Change {
        REPLACED,
        TRUNCATED,
        REMOVED,
        A_FOLDER_IN_ITS_PLACE
    }

    @BeforeAll
    void start() {
        linode = SimulatedLinode.start(SimulatorOptions.forTests());
        daemon = DaemonProcess.in(directory, linode)
                .set("imageferry.drop.incomplete-after", "1s")
                .start();
    }

    @AfterAll
    void close() {
        daemon.close();
        linode.close();
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void a_job_whose_file_is_replaced_or_removed_is_cancelled_and_leaves_nothing_at_linode(Stage stage)
            throws Exception {
        // given
        for (Change change : Change.values()) {
            DiskImages.ext4(
                    directory.resolve(stage.file(change)),
                    PAYLOAD_BYTES,
                    stage.label(change).hashCode());
        }
        Path replacement = DiskImages.ext4(
                directory.resolve("replacement.img.gz"), 200_000, stage.name().hashCode());
        String replacementHash = DiskImages.sha256(replacement);
        hold(stage);
        for (Change change : Change.values()) {
            Files.move(directory.resolve(stage.file(change)), dropped(stage, change));
        }
        for (Change change : Change.values()) {
            daemon.await(stage.file(change) + " to be " + stage, LIMIT, () -> isThere(stage, change));
        }

        // when
        Files.move(replacement, dropped(stage, Change.REPLACED), StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel file = FileChannel.open(dropped(stage, Change.TRUNCATED), StandardOpenOption.WRITE)) {
            file.truncate(file.size() / 2);
        }
        Files.delete(dropped(stage, Change.REMOVED));
        Files.delete(dropped(stage, Change.A_FOLDER_IN_ITS_PLACE));
        Files.createDirectory(dropped(stage, Change.A_FOLDER_IN_ITS_PLACE));
        letGo(stage);

        // then
        assertCancelled(stage, Change.REPLACED, "file-changed", 2);
        assertCancelled(stage, Change.TRUNCATED, "file-changed", 2);
        assertCancelled(stage, Change.REMOVED, "file-removed", 1);
        assertCancelled(stage, Change.A_FOLDER_IN_ITS_PLACE, "file-removed", 1);

        JobStory anew = JobStory.of(daemon, stage.file(Change.REPLACED)).getLast();
        anew.assertStraightWayToAvailable();
        assertThat(left(stage, Change.REPLACED)).singleElement().satisfies(image -> {
            assertThat(image.isAvailable()).isTrue();
            assertThat(image.sha256OrNull()).isEqualTo(replacementHash);
            assertThat(image.id()).isEqualTo(anew.imageId());
        });
        assertThat(DiskImages.sha256(daemon.dropFolder().resolve("done").resolve(stage.file(Change.REPLACED))))
                .isEqualTo(replacementHash);

        JobStory half = JobStory.of(daemon, stage.file(Change.TRUNCATED)).getLast();
        assertThat(half.state()).isEqualTo("REJECTED");
        assertThat(half.errorCode()).isEqualTo("gzip-truncated");

        assertThat(left(stage, Change.TRUNCATED)).isEmpty();
        assertThat(left(stage, Change.REMOVED)).isEmpty();
        assertThat(left(stage, Change.A_FOLDER_IN_ITS_PLACE)).isEmpty();
        assertThat(failed(stage, Change.REPLACED)).containsExactly(stage.file(Change.REPLACED) + ".receipt.json");
        assertThat(failed(stage, Change.REMOVED)).containsExactly(stage.file(Change.REMOVED) + ".receipt.json");
        assertThat(failed(stage, Change.A_FOLDER_IN_ITS_PLACE))
                .containsExactly(stage.file(Change.A_FOLDER_IN_ITS_PLACE) + ".receipt.json");
        assertThat(failed(stage, Change.TRUNCATED))
                .as("one receipt a job, and the half file")
                .hasSize(3)
                .filteredOn(name -> !name.endsWith(".receipt.json"))
                .hasSize(1);
        assertThat(dropped(stage, Change.A_FOLDER_IN_ITS_PLACE))
                .as("not ours to touch")
                .isDirectory();
    }

    private void hold(Stage stage) {
        switch (stage) {
            case READY -> post("/api/v1/queue/pause");
            case UPLOADING -> {
                for (Change change : Change.values()) {
                    linode.script(Fault.onPut(new Effect.ReadSlowly(SLOWLY)).forLabel(stage.label(change)));
                }
            }
            case PROCESSING -> {
                for (Change change : Change.values()) {
                    linode.script(
                            Fault.onProcessing(new Effect.ProcessingNeverEnds()).forLabel(stage.label(change)));
                }
            }
        }
    }

    private boolean isThere(Stage stage, Change change) {
        return switch (stage) {
            case READY, PROCESSING ->
                JobStory.of(daemon, stage.file(change)).stream()
                        .anyMatch(job -> job.state().equals(stage.name()));
            case UPLOADING -> puts(stage, change).stream().anyMatch(put -> put.bodyBytes() >= MIDDLE_BYTES);
        };
    }

    private void letGo(Stage stage) {
        if (stage == Stage.READY) {
            post("/api/v1/queue/resume");
        }
    }

    private void post(String path) {
        assertThat(daemon.post(path).statusCode()).isEqualTo(204);
    }

    private void assertCancelled(Stage stage, Change change, String code, int jobs) {
        JobStory first =
                JobStory.awaitArchived(daemon, stage.file(change), jobs, LIMIT).getFirst();
        assertThat(first.state()).as(stage.file(change)).isEqualTo("CANCELLED");
        assertThat(first.errorCode()).as(stage.file(change)).isEqualTo(code);
        assertThat(first.history().stream().filter(line -> line.to().equals("CANCELLED")))
                .as("where %s was cancelled from", stage.file(change))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.from()).isEqualTo(stage == Stage.READY ? "UPLOADING" : stage.name());
                    assertThat(line.attempt()).isLessThanOrEqualTo(1);
                });
        switch (stage) {
            case READY ->
                assertThat(imagesOf(stage, change)).as("made for nothing").hasSize(created(change));
            case UPLOADING ->
                assertThat(puts(stage, change).getFirst().stored()).isFalse();
            case PROCESSING ->
                assertThat(puts(stage, change).getFirst().stored()).isTrue();
        }
    }

    /** Only the image of the new content. */
    private static int created(Change change) {
        return change == Change.REPLACED ? 1 : 0;
    }

    private List<RecordedRequest> puts(Stage stage, Change change) {
        return linode.requests(Operation.PUT_OBJECT).stream()
                .filter(put -> stage.label(change).equals(put.labelOrNull()))
                .toList();
    }

    private List<SimulatedImage> imagesOf(Stage stage, Change change) {
        return linode.everCreated().stream()
                .filter(image -> image.label().equals(stage.label(change)))
                .toList();
    }

    private List<SimulatedImage> left(Stage stage, Change change) {
        return imagesOf(stage, change).stream()
                .filter(image -> image.endingOrNull() == null)
                .toList();
    }

    private List<String> failed(Stage stage, Change change) throws IOException {
        return FolderTree.files(daemon.dropFolder().resolve("failed"), stage.label(change));
    }

    private Path dropped(Stage stage, Change change) {
        return daemon.dropFolder().resolve(stage.file(change));
    }
}
