package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.RequestListener;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Files in the drop folder: how they arrive, and where they are archived. */
@Tag("exhaustive")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DropIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** Long enough for a busy machine. */
    private static final Duration SETTLE = Duration.ofMillis(1200);

    private static final int MORE_THAN_BUFFERS_BYTES = 14 << 20;

    @TempDir
    static Path directory;

    private SimulatedLinode linode;
    private DaemonProcess daemon;
    private Path drop;

    @BeforeAll
    void start() throws IOException {
        linode = SimulatedLinode.start(SimulatorOptions.forTests());
        Path home = Files.createDirectory(directory.resolve("shared"));
        daemon = DaemonProcess.in(home, linode)
                .set("imageferry.drop.settle", SETTLE.toMillis() + "ms")
                .start();
        drop = daemon.dropFolder();
    }

    @AfterAll
    void close() {
        if (daemon != null) {
            daemon.close();
        }
        linode.close();
    }

    @Test
    void a_slow_copy_is_not_picked_up_before_it_is_complete() throws Exception {
        for (int attempt = 1; ; attempt++) {
            // given
            String file = "slow-" + attempt + ".img.gz";
            byte[] content = Files.readAllBytes(image("made", 600_000));

            // when
            Duration longestPause = copyInPieces(content, drop.resolve(file));
            Instant complete = Instant.now();

            // then
            if (longestPause.compareTo(SETTLE) < 0) {
                JobStory story = archived(file);
                story.assertStraightWayToAvailable();
                assertThat(story.history().getFirst().at()).isAfter(complete);
                assertArrived("slow-" + attempt, content);
                return;
            }
            // this machine paused for longer than a file needs to settle, so the copy proves nothing
            assertThat(attempt).as("copies without a pause as long as settle").isLessThan(6);
        }
    }

    /** Returns the longest time between two changes of the file. */
    private static Duration copyInPieces(byte[] content, Path target) throws Exception {
        int pieces = 12;
        Files.createFile(target);
        long longest = 0;
        long before = System.nanoTime();
        for (int i = 0; i < pieces; i++) {
            int begin = content.length * i / pieces;
            int end = content.length * (i + 1) / pieces;
            Files.write(target, Arrays.copyOfRange(content, begin, end), StandardOpenOption.APPEND);
            longest = Math.max(longest, System.nanoTime() - before);
            before = System.nanoTime();
            pause(SETTLE.dividedBy(4));
        }
        return Duration.ofNanos(longest);
    }

    @Test
    void a_stalled_copy_is_still_being_written_and_becomes_one_image() throws Exception {
        // given
        byte[] content = Files.readAllBytes(image("made", 600_000));
        byte[] half = Arrays.copyOf(content, content.length / 2);
        Path file = drop.resolve("stalled.img.gz");
        Files.write(file, half);
        daemon.await(
                "the half to be listed",
                LIMIT,
                () -> listed("stalled.img.gz").stream()
                        .anyMatch(entry -> entry.startsWith("settling: still being written")));
        pause(SETTLE.multipliedBy(3));
        assertThat(listed("stalled.img.gz"))
                .singleElement()
                .asString()
                .matches("settling: still being written, will be rejected at \\d\\d:\\d\\d unless it changes");
        assertThat(stories("stalled.img.gz")).extracting(JobStory::state).containsExactly("CHECKING");
        assertThat(created("stalled")).isEmpty();

        // when
        Files.write(file, Arrays.copyOfRange(content, half.length, content.length), StandardOpenOption.APPEND);

        // then
        archived("stalled.img.gz").assertStraightWayToAvailable();
        assertArrived("stalled", content);
        assertThat(listed("stalled.img.gz")).isEmpty();
    }

    @Test
    void a_moved_file_with_an_old_time_waits_for_the_sidecar_that_follows() throws Exception {
        for (int attempt = 1; ; attempt++) {
            // given
            String file = "old-" + attempt + ".img.gz";
            Path made = image(file, 100_000);
            byte[] content = Files.readAllBytes(made);
            Files.setLastModifiedTime(made, FileTime.from(Instant.parse("2020-02-02T02:02:02Z")));
            String label = "from sidecar " + attempt;
            Path sidecar = Files.writeString(
                    directory.resolve(file + ".yaml"), "label: " + label + "\ntags: [nightly]\npriority: 7\n");

            // when
            long begun = System.nanoTime();
            Files.move(made, drop.resolve(file));
            pause(Duration.ofMillis(200));
            Files.move(sidecar, drop.resolve(file + ".yaml"));
            Duration between = Duration.ofNanos(System.nanoTime() - begun);

            // then
            if (between.compareTo(SETTLE) < 0) {
                JobStory story = archived(file);
                story.assertStraightWayToAvailable();
                assertThat(story.label()).isEqualTo(label);
                assertThat(story.job().get("priority").asInt()).isEqualTo(7);
                assertArrived(label, content);
                assertThat(created(label).getFirst().tags()).contains("nightly");
                assertThat(FolderTree.files(drop.resolve("done"), file))
                        .containsExactly(file, file + ".receipt.json", file + ".yaml");
                return;
            }
            assertThat(attempt).as("sidecars in time").isLessThan(6);
        }
    }

    @Test
    void files_in_folders_use_folder_defaults_and_keep_their_path() throws Exception {
        // given
        Path made = image("made", 100_000);
        byte[] content = Files.readAllBytes(made);
        Files.createDirectories(drop.resolve("team/web"));
        Files.writeString(drop.resolve("team/.imageferry.yaml"), "tags: [of-the-team]\nregion: us-east\n");
        Files.writeString(drop.resolve("team/web/.imageferry.yaml"), "tags: [of-the-web]\n");

        // when
        Files.move(made, drop.resolve("team/web/front.img.gz"));

        // then
        archived("team/web/front.img.gz").assertStraightWayToAvailable();
        assertArrived("front", content);
        SimulatedImage image = created("front").getFirst();
        assertThat(image.region()).isEqualTo("us-east");
        assertThat(image.tags()).contains("of-the-web").doesNotContain("of-the-team");
        assertThat(FolderTree.files(drop.resolve("done/team")))
                .containsExactly("web/front.img.gz", "web/front.img.gz.receipt.json");
        assertThat(FolderTree.files(drop.resolve("team"))).containsExactly(".imageferry.yaml", "web/.imageferry.yaml");
    }

    @Test
    void a_file_changed_in_place_during_its_put_is_aborted_and_uploaded_again() throws Exception {
        // given
        byte[] raw;
        try (InputStream in = new GZIPInputStream(Files.newInputStream(image("made", MORE_THAN_BUFFERS_BYTES)))) {
            raw = in.readAllBytes();
        }
        byte[] before = CraftedGzip.stored(raw);
        for (int i = raw.length / 2; i < raw.length / 2 + 4096; i++) {
            raw[i] ^= 0x55;
        }
        byte[] after = CraftedGzip.stored(raw);
        assertThat(after).hasSameSizeAs(before).isNotEqualTo(before);
        Path file = drop.resolve("changed.img.gz");
        AtomicBoolean first = new AtomicBoolean(true);
        linode.onRequest(RequestListener.onPutBytes(1 << 20, put -> {
            if ("changed".equals(put.labelOrNull()) && first.compareAndSet(true, false)) {
                overwriteInPlace(file, after);
            }
        }));

        // when
        Files.write(directory.resolve("before"), before);
        Files.move(directory.resolve("before"), file);
        List<JobStory> stories = JobStory.awaitArchived(daemon, "changed.img.gz", 2, LIMIT);

        // then
        JobStory old = stories.getFirst();
        assertThat(old.state()).isEqualTo("CANCELLED");
        assertThat(old.errorCode()).isEqualTo("file-changed");
        stories.getLast().assertStraightWayToAvailable();
        List<RecordedRequest> puts = puts("changed");
        assertThat(puts).extracting(RecordedRequest::stored).containsExactly(false, true);
        assertThat(puts.getFirst().ending()).isEqualTo(RecordedRequest.Ending.CLIENT_GONE);
        List<SimulatedImage> created = created("changed");
        assertThat(created)
                .extracting(SimulatedImage::endingOrNull)
                .containsExactly(SimulatedImage.Ending.DELETED, null);
        assertThat(created).extracting(SimulatedImage::objectsStored).containsExactly(0, 1);
        assertThat(created.getLast().sha256OrNull()).isEqualTo(DiskImages.sha256(drop.resolve("done/changed.img.gz")));
        assertThat(drop.resolve("done/changed.img.gz")).hasBinaryContent(after);
        assertThat(FolderTree.files(drop.resolve("failed"), "changed")).containsExactly("changed.img.gz.receipt.json");
    }

    private static void overwriteInPlace(Path file, byte[] content) {
        try (RandomAccessFile same = new RandomAccessFile(file.toFile(), "rw")) {
            same.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void a_name_that_is_taken_in_done_gets_a_number_and_nothing_is_overwritten() throws Exception {
        // given
        Files.createDirectories(drop.resolve("done"));
        Path taken = Files.writeString(drop.resolve("done/taken.img.gz"), "precious");
        Path made = image("taken.img.gz", 100_000);
        byte[] content = Files.readAllBytes(made);
        Files.move(made, drop.resolve("taken.img.gz"));
        JobStory first = archived("taken.img.gz");

        // when
        Path again = image("taken.img.gz", 120_000);
        byte[] otherContent = Files.readAllBytes(again);
        Files.move(again, drop.resolve("taken.img.gz"));
        JobStory second =
                JobStory.awaitArchived(daemon, "taken.img.gz", 2, LIMIT).getLast();

        // then
        assertThat(first.state()).isEqualTo("AVAILABLE");
        assertThat(second.state()).isEqualTo("AVAILABLE");
        assertThat(taken).hasBinaryContent("precious".getBytes(StandardCharsets.UTF_8));
        assertThat(drop.resolve("done/taken-2.img.gz")).hasBinaryContent(content);
        assertThat(drop.resolve("done/taken-3.img.gz")).hasBinaryContent(otherContent);
        assertThat(FolderTree.files(drop.resolve("done"), "taken"))
                .containsExactly(
                        "taken-2.img.gz",
                        "taken-2.img.gz.receipt.json",
                        "taken-3.img.gz",
                        "taken-3.img.gz.receipt.json",
                        "taken.img.gz");
    }

    @Test
    void a_file_moved_back_from_failed_is_a_new_job() throws Exception {
        // given
        Files.writeString(drop.resolve("back.img.gz"), "no gzip at all");
        assertThat(archived("back.img.gz").state()).isEqualTo("REJECTED");

        // when
        Files.move(drop.resolve("failed/back.img.gz"), drop.resolve("back.img.gz"));

        // then
        assertThat(JobStory.awaitArchived(daemon, "back.img.gz", 2, LIMIT)).hasSize(2);
    }

    @Test
    void equal_content_is_uploaded_once() throws Exception {
        // given
        Path made = image("made", 150_000);
        byte[] content = Files.readAllBytes(made);
        Files.createDirectories(drop.resolve("one"));
        Files.createDirectories(drop.resolve("two"));

        // when
        Files.copy(made, drop.resolve("one/twin.img.gz"));
        Files.move(made, drop.resolve("two/twin.img.gz"));
        JobStory one = archived("one/twin.img.gz");
        JobStory two = archived("two/twin.img.gz");

        // then
        assertThat(List.of(one, two)).extracting(JobStory::state).containsOnly("AVAILABLE");
        assertThat(one.imageId()).isEqualTo(two.imageId());
        assertArrived("twin", content);
        assertThat(List.of(one, two))
                .filteredOn(story -> story.details().stream()
                        .anyMatch(detail -> detail.startsWith("not uploaded again: same content")))
                .hasSize(1);
        assertThat(drop.resolve("done/one/twin.img.gz")).hasBinaryContent(content);
        assertThat(drop.resolve("done/two/twin.img.gz")).hasBinaryContent(content);
    }

    @Test
    void archiving_waits_while_done_is_not_a_folder() throws Exception {
        // given
        Path done = drop.resolve("done");
        Path aside = directory.resolve("done-aside");
        Files.createDirectories(done);
        Files.move(done, aside);
        Files.writeString(done, "in the way");
        Path made = image("blocked.img.gz", 100_000);
        byte[] content = Files.readAllBytes(made);
        try {
            Files.move(made, drop.resolve("blocked.img.gz"));
            awaitArchivingHindered("blocked.img.gz", "not a folder");
            assertThat(drop.resolve("blocked.img.gz")).hasBinaryContent(content);
        } finally {
            // when
            Files.delete(done);
            Files.move(aside, done);
        }

        // then
        archived("blocked.img.gz").assertStraightWayToAvailable();
        assertArrived("blocked", content);
        assertThat(done.resolve("blocked.img.gz")).hasBinaryContent(content);
    }

    @Test
    void archiving_waits_while_done_is_full() throws Exception {
        // given
        RealTools.require("mount", "umount");
        Path done = Files.createDirectories(drop.resolve("done"));
        Assumptions.assumeTrue(
                mounts("mount", "-t", "tmpfs", "-o", "size=256k", "imageferry-test", done.toString()),
                "this user may not mount a file system");
        try {
            Path made = image("full.img.gz", 1_000_000);
            byte[] content = Files.readAllBytes(made);
            Files.move(made, drop.resolve("full.img.gz"));
            awaitArchivingHindered("full.img.gz", "No space left on device");
            assertThat(FolderTree.files(drop))
                    .filteredOn(file -> !file.contains("/"))
                    .anySatisfy(file -> assertThat(drop.resolve(file)).hasBinaryContent(content));

            // when
            assertThat(mounts("mount", "-o", "remount,size=16m", done.toString()))
                    .isTrue();

            // then
            archived("full.img.gz").assertStraightWayToAvailable();
            assertArrived("full", content);
            assertThat(FolderTree.files(done)).containsExactly("full.img.gz", "full.img.gz.receipt.json");
            assertThat(done.resolve("full.img.gz")).hasBinaryContent(content);
        } finally {
            DiskImages.run(List.of("umount", "-l", done.toString()));
        }
    }

    private static boolean mounts(String... command) throws Exception {
        return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    }

    private void awaitArchivingHindered(String file, String reason) {
        daemon.await(
                "archiving of " + file + " to be tried",
                LIMIT,
                () -> daemon.log()
                        .lines()
                        .anyMatch(line -> line.contains("not archived yet")
                                && line.contains("file=" + file)
                                && line.contains(reason)));
        JobStory story = stories(file).getFirst();
        assertThat(story.state()).isEqualTo("AVAILABLE");
        assertThat(story.job().get("archived").asBoolean()).isFalse();
    }

    @Test
    void keep_leaves_files_in_place_and_does_not_upload_them_again_after_a_restart() throws Exception {
        Path home = Files.createDirectory(directory.resolve("keep"));
        try (SimulatedLinode other = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess keeper = DaemonProcess.in(home, other)
                        .set("imageferry.drop.when-done", "keep")
                        .set("imageferry.drop.deduplicate", "false")
                        .start()) {
            // given
            Path kept = keeper.dropFolder();
            Path made = image("made", 100_000);
            String hash = DiskImages.sha256(made);
            Files.createDirectories(kept.resolve("one"));
            Files.createDirectories(kept.resolve("two"));
            Files.copy(made, kept.resolve("one/twin.img.gz"));
            Files.move(made, kept.resolve("two/twin.img.gz"));
            keeper.awaitArchived(2, LIMIT);
            assertThat(other.images())
                    .as("one image each without deduplicate")
                    .hasSize(2)
                    .allSatisfy(image -> assertThat(image.sha256OrNull()).isEqualTo(hash));

            // when
            keeper.terminate();
            keeper.start();
            // the scan that finds this file would also offer the others
            Files.move(image("later.img.gz", 100_000), kept.resolve("later.img.gz"));
            keeper.awaitArchived(3, LIMIT);

            // then
            assertThat(keeper.jobs())
                    .hasSize(3)
                    .allSatisfy(job -> assertThat(job.get("state").asText()).isEqualTo("AVAILABLE"));
            assertThat(other.everCreated()).hasSize(3);
            assertThat(other.requests(Operation.PUT_OBJECT)).hasSize(3);
            assertThat(FolderTree.files(kept))
                    .containsExactly(
                            ".imageferry-folder",
                            "done/later.img.gz.receipt.json",
                            "done/one/twin.img.gz.receipt.json",
                            "done/two/twin.img.gz.receipt.json",
                            "later.img.gz",
                            "one/twin.img.gz",
                            "two/twin.img.gz");
        }
    }

    @Test
    void delete_deletes_only_files_of_available_images() throws Exception {
        Path home = Files.createDirectory(directory.resolve("delete"));
        try (SimulatedLinode other = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess deleter = DaemonProcess.in(home, other)
                        .set("imageferry.drop.when-done", "delete")
                        .start()) {
            // given
            Path folder = deleter.dropFolder();
            Path made = image("good.img.gz", 100_000);
            String hash = DiskImages.sha256(made);
            Files.writeString(folder.resolve("good.img.gz.yaml"), "label: good\n");
            Path bad = Files.writeString(directory.resolve("bad.img.gz"), "no gzip");

            // when
            Files.move(made, folder.resolve("good.img.gz"));
            Files.move(bad, folder.resolve("bad.img.gz"));
            deleter.awaitArchived(2, LIMIT);

            // then
            assertThat(deleter.job("good.img.gz").get("state").asText()).isEqualTo("AVAILABLE");
            assertThat(deleter.job("bad.img.gz").get("state").asText()).isEqualTo("REJECTED");
            assertThat(other.images()).extracting(SimulatedImage::sha256OrNull).containsExactly(hash);
            assertThat(FolderTree.files(folder))
                    .containsExactly(
                            ".imageferry-folder",
                            "done/good.img.gz.receipt.json",
                            "failed/bad.img.gz",
                            "failed/bad.img.gz.receipt.json");
        }
    }

    /** Created outside the drop folder on the same file system, each with different content. */
    private static Path image(String name, int payloadBytes) throws IOException {
        return DiskImages.ext4(directory.resolve(name), payloadBytes, System.nanoTime());
    }

    private JobStory archived(String file) {
        return JobStory.awaitArchived(daemon, file, 1, LIMIT).getFirst();
    }

    private List<JobStory> stories(String file) {
        return JobStory.of(daemon, file);
    }

    /** The reason in GET /drop. */
    private List<String> listed(String file) {
        return StreamSupport.stream(daemon.json("/api/v1/drop").spliterator(), false)
                .filter(entry -> entry.get("file").asText().equals(file))
                .map(entry -> entry.get("status").asText() + ": "
                        + entry.get("reason").asText())
                .toList();
    }

    /** Exactly one image was created with this label, by one PUT, with this content. */
    private void assertArrived(String label, byte[] content) throws IOException {
        Path same = Files.write(directory.resolve("arrived"), content);
        assertThat(created(label)).singleElement().satisfies(image -> {
            assertThat(image.isAvailable()).isTrue();
            assertThat(image.objectsStored()).isEqualTo(1);
            assertThat(image.sha256OrNull()).isEqualTo(DiskImages.sha256(same));
        });
        assertThat(puts(label)).hasSize(1);
    }

    private List<SimulatedImage> created(String label) {
        return linode.everCreated().stream()
                .filter(image -> image.label().equals(label))
                .toList();
    }

    private List<RecordedRequest> puts(String label) {
        return linode.requests(Operation.PUT_OBJECT).stream()
                .filter(put -> label.equals(put.labelOrNull()))
                .toList();
    }

    private static void pause(Duration duration) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(duration.toNanos());
    }
}
