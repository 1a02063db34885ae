package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.drop.ArchiveOrder.Treatment;
import dev.imageferry.drop.CarefulMove.Outcome;
import dev.imageferry.job.FileFingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Moves within a mount and to another one, {@code /dev/shm}. */
class CarefulMoveTest {
    private static final Path OTHER_MOUNT = Path.of("/dev/shm");

    @TempDir
    Path here;

    private Path there;

    @BeforeEach
    void open() throws IOException {
        Assumptions.assumeTrue(Files.isWritable(OTHER_MOUNT), "no second mount to write to");
        there = Files.createTempDirectory(OTHER_MOUNT, "imageferry-test-");
        Assumptions.assumeFalse(Files.getFileStore(here).equals(Files.getFileStore(there)), "one mount for everything");
    }

    @AfterEach
    void clean() throws Exception {
        if (there != null) {
            TestFolder.bash(OTHER_MOUNT, "rm -rf " + there);
        }
    }

    @Test
    void keeps_the_inode_within_a_mount() throws IOException {
        FileFingerprint before = TestFolder.write(here.resolve("a"), "content");

        assertThat(CarefulMove.moveIfFree(here.resolve("a"), here.resolve("b"))).isEqualTo(Outcome.MOVED);

        assertThat(FileFingerprint.of(here.resolve("b")).equalsButForChangeTime(before))
                .isTrue();
        assertThat(TestFolder.tree(here)).isEqualTo(Map.of("b", "content"));
    }

    @Test
    void copies_content_time_and_permissions_to_another_mount() throws Exception {
        FileFingerprint before = TestFolder.write(here.resolve("a"), "x".repeat(3_000_000));
        TestFolder.bash(here, "chmod 640 a");

        assertThat(CarefulMove.moveIfFree(here.resolve("a"), there.resolve("a")))
                .isEqualTo(Outcome.MOVED);

        assertThat(here).isEmptyDirectory();
        FileFingerprint after = FileFingerprint.of(there.resolve("a"));
        assertThat(after.bytes()).isEqualTo(before.bytes());
        assertThat(after.modifiedNanos()).isEqualTo(before.modifiedNanos());
        assertThat(Files.readString(there.resolve("a"))).isEqualTo("x".repeat(3_000_000));
        assertThat(Files.getPosixFilePermissions(there.resolve("a"))).hasSize(3);
        try (var entries = Files.list(there)) {
            assertThat(entries).hasSize(1);
        }
    }

    @Test
    void overwrites_nothing_on_either_side() throws IOException {
        TestFolder.write(here.resolve("a"), "content");
        TestFolder.write(here.resolve("b"), "another");
        TestFolder.write(there.resolve("a"), "another");
        Files.createSymbolicLink(there.resolve("b"), Path.of("nowhere"));

        assertThat(CarefulMove.moveIfFree(here.resolve("a"), here.resolve("b"))).isEqualTo(Outcome.TAKEN);
        assertThat(CarefulMove.moveIfFree(here.resolve("a"), there.resolve("a")))
                .isEqualTo(Outcome.TAKEN);
        assertThat(CarefulMove.moveIfFree(here.resolve("a"), there.resolve("b")))
                .isEqualTo(Outcome.TAKEN);

        assertThat(TestFolder.tree(here)).isEqualTo(Map.of("a", "content", "b", "another"));
        assertThat(TestFolder.tree(there)).isEqualTo(Map.of("a", "another", "b", "-> nowhere"));
    }

    @Test
    void completes_an_interrupted_move() throws IOException {
        TestFolder.write(here.resolve("a"), "content");
        Files.createLink(here.resolve("b"), here.resolve("a"));
        assertThat(CarefulMove.moveIfFree(here.resolve("a"), here.resolve("b"))).isEqualTo(Outcome.MOVED);

        Files.copy(here.resolve("b"), there.resolve("b"));
        assertThat(CarefulMove.moveIfFree(here.resolve("b"), there.resolve("b")))
                .isEqualTo(Outcome.MOVED);

        assertThat(here).isEmptyDirectory();
        assertThat(TestFolder.tree(there)).isEqualTo(Map.of("b", "content"));
    }

    @Test
    void replaces_an_incomplete_copy() throws IOException {
        TestFolder.write(here.resolve("a"), "content");
        Files.writeString(there.resolve(".imageferry-copy-" + Names.digest("a")), "half");

        assertThat(CarefulMove.moveIfFree(here.resolve("a"), there.resolve("a")))
                .isEqualTo(Outcome.MOVED);

        assertThat(TestFolder.tree(there)).isEqualTo(Map.of("a", "content"));
    }

    @Test
    void archives_to_another_mount_and_restores_from_it() throws Exception {
        DropFolder folder = TestFolder.open(here);
        UUID job = UUID.randomUUID();
        String receipt = "{\"id\":\"" + job + "\"}";
        mount("failed", "size=4m");
        try {
            FileFingerprint image = TestFolder.write(here.resolve("a/x.img.gz"), "image");
            TestFolder.write(here.resolve("a/x.img.gz.yaml"), "label: x");
            Map<String, String> before = TestFolder.tree(here);
            ArchiveOrder order =
                    new ArchiveOrder(job, "a/x.img.gz", image, null, Section.FAILED, Treatment.MOVE, receipt);
            Archive archive = new Archive(folder);

            archive.reserve(order, null);
            for (int run = 0; run < 2; run++) {
                assertThat(archive.place(order, "a/x.img.gz"))
                        .isEqualTo(new Placement.Placed(Placement.Whereabouts.ARCHIVED, null));
                assertThat(TestFolder.tree(here))
                        .isEqualTo(Map.of(
                                "failed/a/x.img.gz", "image",
                                "failed/a/x.img.gz.yaml", "label: x",
                                "failed/a/x.img.gz.receipt.json", receipt));
                assertThat(archive.reserve(order, "a/x.img.gz")).isEqualTo(new Reservation.Reserved("a/x.img.gz"));
            }

            assertThat(archive.restore(job, "a/x.img.gz", image, "a/x.img.gz"))
                    // another inode, unless the file system reuses the freed one
                    .isEqualTo(new Restoration.Restored(FileFingerprint.of(here.resolve("a/x.img.gz"))));
            assertThat(FileFingerprint.of(here.resolve("a/x.img.gz")).modifiedNanos())
                    .isEqualTo(image.modifiedNanos());
            assertThat(TestFolder.tree(here)).isEqualTo(before);
        } finally {
            TestFolder.bash(here, "umount failed");
        }
    }

    @Test
    void a_full_done_loses_nothing_and_archiving_resumes_when_there_is_space() throws Exception {
        DropFolder folder = TestFolder.open(here);
        UUID job = UUID.randomUUID();
        String receipt = "{\"id\":\"" + job + "\"}";
        mount("done", "size=64k");
        try {
            String content = "x".repeat(40_000);
            FileFingerprint image = TestFolder.write(here.resolve("x.img.gz"), content);
            ArchiveOrder order = new ArchiveOrder(job, "x.img.gz", image, null, Section.DONE, Treatment.MOVE, receipt);
            Archive archive = new Archive(folder);

            TestFolder.bash(here, "head -c 1000000 /dev/zero > done/filler || true");
            assertThat(archive.reserve(order, null)).isInstanceOf(ArchiveHindrance.Unavailable.class);
            assertThat(TestFolder.tree(here.resolve("done"))).containsOnlyKeys("filler");

            TestFolder.bash(here, "truncate -s 40000 done/filler");
            assertThat(archive.reserve(order, null)).isEqualTo(new Reservation.Reserved("x.img.gz"));
            assertThat(archive.place(order, "x.img.gz"))
                    .isInstanceOfSatisfying(
                            ArchiveHindrance.Unavailable.class,
                            unavailable ->
                                    assertThat(unavailable.problem().message()).contains("x.img.gz", "No space left"));
            assertThat(TestFolder.tree(here)).containsValue(content);
            assertThat(TestFolder.tree(here.resolve("done"))).containsOnlyKeys("filler", "x.img.gz.receipt.json");

            Files.delete(here.resolve("done/filler"));
            assertThat(archive.place(order, "x.img.gz"))
                    .isEqualTo(new Placement.Placed(Placement.Whereabouts.ARCHIVED, null));
            assertThat(TestFolder.tree(here))
                    .isEqualTo(Map.of("done/x.img.gz", content, "done/x.img.gz.receipt.json", receipt));
        } finally {
            TestFolder.bash(here, "umount done");
        }
    }

    @Test
    void a_read_only_done_loses_nothing_and_archiving_resumes_when_it_is_writable() throws Exception {
        DropFolder folder = TestFolder.open(here);
        UUID job = UUID.randomUUID();
        mount("done", "size=1m,ro");
        try {
            FileFingerprint image = TestFolder.write(here.resolve("x.img.gz"), "image");
            ArchiveOrder order = new ArchiveOrder(
                    job, "x.img.gz", image, null, Section.DONE, Treatment.MOVE, "{\"id\":\"" + job + "\"}");
            Archive archive = new Archive(folder);

            assertThat(archive.reserve(order, null))
                    .isInstanceOfSatisfying(
                            ArchiveHindrance.Unavailable.class,
                            unavailable ->
                                    assertThat(unavailable.problem().message()).containsIgnoringCase("read-only"));
            assertThat(TestFolder.tree(here)).isEqualTo(Map.of("x.img.gz", "image"));

            TestFolder.bash(here, "mount -o remount,rw done");
            assertThat(archive.reserve(order, null)).isEqualTo(new Reservation.Reserved("x.img.gz"));
        } finally {
            TestFolder.bash(here, "umount done");
        }
    }

    private void mount(String name, String options) throws IOException, InterruptedException {
        Files.createDirectory(here.resolve(name));
        int status = new ProcessBuilder("mount", "-t", "tmpfs", "-o", options, "imageferry-test", name)
                .directory(here.toFile())
                .inheritIO()
                .start()
                .waitFor();
        Assumptions.assumeTrue(status == 0, "this account may not mount a tmpfs");
    }
}
