package dev.imageferry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.imageferry.job.Digests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ReadAheadTest {
    private static final int MEBIBYTE = 1 << 20;

    @TempDir
    Path folder;

    private DiskFiles files;

    @BeforeEach
    void useFolder() {
        files = new DiskFiles(folder);
    }

    private static byte[] random(int bytes) {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return content;
    }

    private static ReadAhead start(FileChannel channel, String name, long bytes) {
        return ReadAhead.start(channel, name, bytes, bytesRead -> {});
    }

    private static void take(ReadAhead input, int bytes) throws IOException {
        for (int left = bytes; left > 0; ) {
            ByteBuffer chunk = input.chunk();
            int count = Math.min(left, chunk.remaining());
            assertThat(count).isPositive();
            chunk.position(chunk.position() + count);
            left -= count;
        }
    }

    private static List<Thread> readersOf(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(ReadAhead.THREAD_NAME_PREFIX)
                        && thread.getName().endsWith(name))
                .toList();
    }

    @Test
    void returns_every_byte_in_order_for_reads_of_any_size() throws IOException {
        byte[] content = random(3 * MEBIBYTE + 1);
        Path file = files.write("a", content);
        byte[] read = new byte[content.length];
        Random sizes = new Random(1);

        try (FileChannel channel = FileChannel.open(file);
                ReadAhead input = start(channel, "a", content.length)) {
            int at = 0;
            for (ByteBuffer chunk = input.chunk(); chunk.hasRemaining(); chunk = input.chunk()) {
                int count = Math.min(chunk.remaining(), 1 + sizes.nextInt(400_000));
                chunk.get(read, at, count);
                at += count;
            }

            assertThat(at).isEqualTo(content.length);
            assertThat(input.bytesTaken()).isEqualTo(content.length);
            assertThat(input.chunk().hasRemaining()).as("and again").isFalse();
            assertThat(input.digests().md5())
                    .isEqualTo(HexFormat.of().formatHex(Digests.of("MD5").digest(content)));
        }
        assertThat(Arrays.equals(read, content)).isTrue();
    }

    /** The sizes around that of a buffer, up to which no thread is started. */
    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "1000, 0", "262144, 0", "262145, 2"})
    void starts_threads_only_for_files_larger_than_a_buffer(int bytes, int threads) throws IOException {
        byte[] content = random(bytes);
        Path file = files.write("sized", content);

        try (FileChannel channel = FileChannel.open(file);
                ReadAhead input = start(channel, "sized", bytes)) {
            assertThat(readersOf("sized")).hasSizeLessThanOrEqualTo(threads); // a thread may have ended
            byte[] read = new byte[bytes];
            int at = 0;
            for (ByteBuffer chunk = input.chunk(); chunk.hasRemaining(); chunk = input.chunk()) {
                int count = chunk.remaining();
                chunk.get(read, at, count);
                at += count;
            }

            assertThat(at).isEqualTo(bytes);
            assertThat(read).isEqualTo(content);
            FileDigests digests = input.digests();
            assertThat(digests.md5())
                    .isEqualTo(HexFormat.of().formatHex(Digests.of("MD5").digest(content)));
            assertThat(digests.sha256())
                    .isEqualTo(HexFormat.of().formatHex(Digests.of("SHA-256").digest(content)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {999, 1001})
    void notices_that_a_small_file_has_changed(int bytes) throws IOException {
        Path file = files.write("changed", random(bytes));

        try (FileChannel channel = FileChannel.open(file);
                ReadAhead input = start(channel, "changed", 1000)) {
            assertThatThrownBy(() -> take(input, 1001))
                    .isInstanceOf(IOException.class)
                    .hasMessage(
                            "changed changed while it was read: it had 1,000 bytes, now it has %,d".formatted(bytes));
        }
    }

    @Test
    void an_interruption_ends_the_read_of_a_small_file() throws IOException {
        Path file = files.write("interrupted", random(1000));

        try (FileChannel channel = FileChannel.open(file);
                ReadAhead input = start(channel, "interrupted", 1000)) {
            Thread.currentThread().interrupt();

            assertThatThrownBy(input::chunk).isInstanceOf(ClosedByInterruptException.class);
            assertThat(input.hasFailed()).isTrue();
        } finally {
            assertThat(Thread.interrupted()).as("the status stays set").isTrue();
        }
    }

    @Test
    void reads_one_mebibyte_ahead_and_no_more() throws IOException {
        Path file = files.write("bounded", random(8 * MEBIBYTE));

        try (FileChannel channel = FileChannel.open(file);
                ReadAhead input = start(channel, "bounded", 8 * MEBIBYTE)) {
            Thread reader = readersOf("bounded").stream()
                    .filter(thread -> !thread.getName().contains("md5"))
                    .findFirst()
                    .orElseThrow();
            long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (reader.getState() != Thread.State.WAITING && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }

            assertThat(reader.getState()).isEqualTo(Thread.State.WAITING);
            assertThat(channel.position()).isEqualTo(MEBIBYTE);
            assertThat(input.hasFailed()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4096, MEBIBYTE})
    void reports_a_failed_read_as_a_read_error(int bytes) throws IOException {
        // a folder can be opened, but not read
        try (FileChannel channel = FileChannel.open(folder);
                ReadAhead input = start(channel, "folder", bytes)) {
            assertThatThrownBy(input::chunk).isInstanceOf(IOException.class).hasMessageContaining("Is a directory");

            assertThat(input.hasFailed()).isTrue();
            assertThatThrownBy(input::chunk).as("and again").isInstanceOf(IOException.class);
        }
    }

    @Test
    void returns_all_bytes_before_a_failure() throws IOException {
        Path file = files.write("short", random(MEBIBYTE));

        try (FileChannel channel = FileChannel.open(file);
                ReadAhead input = start(channel, "short", MEBIBYTE + 1)) {
            take(input, MEBIBYTE);
            assertThatThrownBy(input::chunk)
                    .isInstanceOf(IOException.class)
                    .hasMessage("short changed while it was read: it had 1,048,577 bytes, now it has 1,048,576");
        }
    }

    @Test
    void has_no_digests_before_the_end_of_the_file() throws IOException {
        Path file = files.write("half", random(MEBIBYTE));

        try (FileChannel channel = FileChannel.open(file);
                ReadAhead input = start(channel, "half", MEBIBYTE)) {
            take(input, MEBIBYTE / 2);

            assertThatThrownBy(input::digests).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void an_interruption_ends_the_wait_for_a_hanging_disk() throws Exception {
        files.run("mkfifo", "hanging");
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicReference<Boolean> interruptedStill = new AtomicReference<>();

        // also opened for writing, so that neither opening nor reading ends
        try (FileChannel channel =
                FileChannel.open(files.at("hanging"), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            Thread caller = Thread.ofPlatform().start(() -> {
                try (ReadAhead input = start(channel, "hanging", MEBIBYTE)) {
                    thrown.set(catchThrowable(input::chunk));
                }
                interruptedStill.set(Thread.currentThread().isInterrupted());
            });
            caller.interrupt();
            caller.join();
        }

        assertThat(thrown.get()).isInstanceOf(ClosedByInterruptException.class);
        assertThat(interruptedStill.get()).isTrue();
        assertThat(readersOf("hanging")).isEmpty();
    }

    /** The ways in which a check of {@link #LARGE} bytes can end. */
    enum Ending {
        FIT,
        OVER_LIMIT,
        CORRUPT,
        NO_GZIP,
        TRAILING_DATA,
        CHANGED,
        INTERRUPTED,
        CALLER_FAILED
    }

    private static final int LARGE = 8 * MEBIBYTE;

    @ParameterizedTest
    @EnumSource
    void leaves_no_thread_behind(Ending ending) throws IOException {
        byte[] gzip = DiskFiles.gzip(random(LARGE));
        byte[] content = switch (ending) {
            case FIT, OVER_LIMIT, CHANGED, INTERRUPTED, CALLER_FAILED -> gzip;
            case CORRUPT -> {
                gzip[20] ^= 0x55;
                yield gzip;
            }
            case NO_GZIP -> random(LARGE);
            case TRAILING_DATA -> {
                byte[] small = DiskFiles.gzip(random(1000));
                byte[] padded = random(LARGE);
                System.arraycopy(small, 0, padded, 0, small.length);
                yield padded;
            }
        };
        String name = ending + ".img.gz";
        Path file = files.write(name, content);
        ImageLimits limits = ending == Ending.OVER_LIMIT ? new ImageLimits(1L << 30, 1000) : DiskFiles.LIMITS;
        LongConsumer progress = bytes -> {
            switch (ending) {
                case CHANGED -> cut(file);
                case INTERRUPTED -> Thread.currentThread().interrupt();
                case CALLER_FAILED -> throw new IllegalStateException("no more room");
                case FIT, OVER_LIMIT, CORRUPT, NO_GZIP, TRAILING_DATA ->
                    assertThat(bytes).isPositive();
            }
        };

        AtomicReference<Inspection> inspection = new AtomicReference<>();
        Throwable thrown = catchThrowable(
                () -> inspection.set(new GzipInspector(limits, ContentsRule.STRICT).inspect(file, progress)));
        boolean interrupted = Thread.interrupted();

        assertThat(readersOf(name)).isEmpty();
        assertThat(interrupted).isEqualTo(ending == Ending.INTERRUPTED);
        switch (ending) {
            case FIT -> assertThat(inspection.get()).isInstanceOf(Inspection.Fit.class);
            case OVER_LIMIT, CORRUPT, NO_GZIP, TRAILING_DATA ->
                assertThat(inspection.get()).isInstanceOf(Inspection.Unfit.class);
            case CHANGED -> assertThat(thrown).hasMessageContaining("changed while it was read");
            case INTERRUPTED -> assertThat(thrown).isInstanceOf(ClosedByInterruptException.class);
            case CALLER_FAILED -> assertThat(thrown).hasMessage("no more room");
        }
    }

    private static void cut(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(4 * MEBIBYTE);
        } catch (IOException e) {
            throw new AssertionError("cannot cut " + Files.exists(file), e);
        }
    }
}
