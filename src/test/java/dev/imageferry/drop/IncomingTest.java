package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.drop.Incoming.Receipt;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IncomingTest {
    private static final int MIB = 1 << 20;
    private static final long NO_LIMIT = 1L << 40;

    @TempDir
    Path directory;

    @Test
    void does_not_reserve_space_twice_for_concurrent_uploads() throws Exception {
        long free = 100L * MIB;
        Incoming incoming = new Incoming(TestFolder.open(directory), rule(NO_LIMIT), new DiskSpace(() -> free));
        HeldContent first = new HeldContent(20 * MIB);
        CompletableFuture<Receipt> running = CompletableFuture.supplyAsync(() -> take(incoming, "a.img.gz", first));
        first.begun.await();

        Receipt second = take(incoming, "b.img.gz", 20 * MIB);

        assertThat(second)
                .isInstanceOfSatisfying(
                        Receipt.NoRoom.class,
                        full -> assertThat(full.reason())
                                .contains("b.img.gz", "" + 20 * MIB, "" + 16 * MIB, "" + 36 * MIB, "free some space"));
        first.go.countDown();
        assertThat(running.join()).isInstanceOf(Receipt.Stored.class);
        assertThat(take(incoming, "b.img.gz", 20 * MIB)).isInstanceOf(Receipt.Stored.class);
    }

    @Test
    void removes_what_nobody_has_written_to_for_a_day() throws IOException {
        Instant now = Instant.parse("2026-11-30T12:00:00Z");
        Path old = Files.createDirectory(directory.resolve("a")).resolve(".imageferry-incoming-old");
        Path fresh = directory.resolve(".imageferry-incoming-fresh");
        Path other = directory.resolve("old.img.gz");
        for (Path file : List.of(old, fresh, other)) {
            Files.writeString(file, "content");
            Files.setLastModifiedTime(file, FileTime.from(now.minus(Duration.ofHours(file.equals(fresh) ? 23 : 25))));
        }

        open(TestFolder.open(directory), NO_LIMIT).removeAbandoned(now);

        assertThat(old).doesNotExist();
        assertThat(fresh).exists();
        assertThat(other).exists();
    }

    @Test
    void releases_the_space_of_a_broken_upload() {
        Incoming incoming = new Incoming(TestFolder.open(directory), rule(NO_LIMIT), new DiskSpace(() -> 100L * MIB));

        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> incoming.take("a.img.gz", new BrokenContent(), 30 * MIB, Map.of()))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the connection broke");
        }

        assertThat(take(incoming, "a.img.gz", 30 * MIB)).isInstanceOf(Receipt.Stored.class);
    }

    @Test
    void reports_a_disk_that_fills_up_and_leaves_nothing_behind() throws Exception {
        Path disk = mountTmpfs(80);
        try {
            Incoming incoming = open(TestFolder.open(disk), NO_LIMIT);
            InputStream content = new ByteArrayInputStream(new byte[10 * MIB]) {
                @Override
                public synchronized int read(byte[] into, int offset, int length) {
                    fill(disk.resolve("other"));
                    return super.read(into, offset, length);
                }
            };

            Receipt receipt = incoming.take("a.img.gz", content, 10 * MIB, Map.of());

            assertThat(receipt)
                    .isInstanceOfSatisfying(
                            Receipt.NoRoom.class,
                            full -> assertThat(full.reason()).contains("a.img.gz", "free some"));
            assertThat(names(disk)).containsExactlyInAnyOrder(DropFolder.IDENTITY, "other");
        } finally {
            unmount(disk);
        }
    }

    @Test
    void accepts_the_same_sidecar_again_and_no_other_one() throws Exception {
        Incoming incoming = open(TestFolder.open(directory), NO_LIMIT);
        byte[] sidecar = "label: a".getBytes(StandardCharsets.UTF_8);
        byte[] other = "label: b".getBytes(StandardCharsets.UTF_8);

        for (int i = 0; i < 2; i++) {
            assertThat(incoming.take("a.img.gz.yaml", new ByteArrayInputStream(sidecar), sidecar.length, Map.of()))
                    .isInstanceOf(Receipt.Stored.class);
        }
        assertThat(incoming.take("a.img.gz.yaml", new ByteArrayInputStream(other), other.length, Map.of()))
                .isInstanceOf(Receipt.Taken.class);

        assertThat(directory.resolve("a.img.gz.yaml")).hasBinaryContent(sidecar);
        assertThat(names(directory)).containsExactlyInAnyOrder(DropFolder.IDENTITY, "a.img.gz.yaml");
    }

    @Test
    void an_upload_of_unknown_length_reserves_space_as_it_grows() {
        Incoming incoming = new Incoming(TestFolder.open(directory), rule(NO_LIMIT), new DiskSpace(() -> 100L * MIB));

        assertThat(take(incoming, "a.img.gz", new ByteArrayInputStream(new byte[30 * MIB]), Incoming.UNKNOWN_LENGTH))
                .isInstanceOf(Receipt.Stored.class);
        assertThat(take(incoming, "b.img.gz", new ByteArrayInputStream(new byte[70 * MIB]), Incoming.UNKNOWN_LENGTH))
                .isInstanceOf(Receipt.Stored.class);
        Incoming full = new Incoming(TestFolder.open(directory), rule(NO_LIMIT), new DiskSpace(() -> 70L * MIB));
        assertThat(take(full, "c.img.gz", new ByteArrayInputStream(new byte[30 * MIB]), Incoming.UNKNOWN_LENGTH))
                .isInstanceOf(Receipt.NoRoom.class);
        assertThat(take(
                        open(TestFolder.open(directory), MIB),
                        "d.img.gz",
                        new ByteArrayInputStream(new byte[2 * MIB]),
                        Incoming.UNKNOWN_LENGTH))
                .isInstanceOf(Receipt.TooLarge.class);
    }

    @Test
    void accepts_a_name_of_255_bytes_and_refuses_one_of_256() {
        Incoming incoming = open(TestFolder.open(directory), NO_LIMIT);

        assertThat(take(incoming, "ä".repeat(124) + ".img.gz", 1)).isInstanceOf(Receipt.Stored.class);
        assertThat(take(incoming, "ä".repeat(124) + "a.img.gz", 1))
                .isInstanceOfSatisfying(
                        Receipt.BadName.class, bad -> assertThat(bad.reason()).contains("255"));
    }

    private static Receipt take(Incoming incoming, String path, int bytes) {
        return take(incoming, path, new ByteArrayInputStream(new byte[bytes]), bytes);
    }

    private static Receipt take(Incoming incoming, String path, HeldContent content) {
        return take(incoming, path, content, content.bytes);
    }

    private static Receipt take(Incoming incoming, String path, InputStream content, long bytes) {
        try {
            return incoming.take(path, content, bytes, Map.of());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns its first byte only after a signal. */
    private static final class HeldContent extends InputStream {
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CountDownLatch go = new CountDownLatch(1);
        private final int bytes;
        private int left;

        HeldContent(int bytes) {
            this.bytes = bytes;
            this.left = bytes;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("read by the buffer");
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            int count = Math.min(left, length);
            left -= count;
            return count == 0 ? -1 : count;
        }
    }

    private static final class BrokenContent extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("the connection broke");
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            throw new IOException("the connection broke");
        }
    }

    private static void fill(Path file) {
        byte[] block = new byte[MIB];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    private static java.util.List<String> names(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private Path mountTmpfs(int mebibytes) throws Exception {
        Path place = Files.createDirectory(directory.resolve("disk"));
        String answer = run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", place.toString());
        Assumptions.assumeTrue(answer.isEmpty(), "no file system can be mounted here: " + answer);
        return place;
    }

    private static void unmount(Path place) throws Exception {
        assertThat(run("umount", place.toString())).isEmpty();
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? "" : "failed: " + output;
    }

    private static Incoming open(DropFolder folder, long limit) {
        return new Incoming(folder, rule(limit), new DiskSpace(folder::freeBytes));
    }

    private static ConversionRule rule(long limit) {
        return new ConversionRule(DefaultNames.NAMES, false, false, limit, limit);
    }
}
