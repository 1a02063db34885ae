package dev.imageferry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class ReadAheadInputTest {
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

    private static ReadAheadInput start(FileChannel channel, String name, long bytes) {
        return ReadAheadInput.start(channel, name, bytes, bytesRead -> {});
    }

    private static List<Thread> readersOf(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(ReadAheadInput.THREAD_NAME_PREFIX + name))
                .toList();
    }

    @Test
    void returns_every_byte_in_order_for_reads_of_any_size() throws IOException {
        byte[] content = random(3 * MEBIBYTE + 1);
        Path file = files.write("a", content);
        byte[] read = new byte[content.length];
        Random sizes = new Random(1);

        try (FileChannel channel = FileChannel.open(file);
                ReadAheadInput input = start(channel, "a", content.length)) {
            read[0] = (byte) input.read();
            int at = 1;
            for (int count = 0;
                    count >= 0;
                    count = input.read(read, at, Math.min(read.length - at, 1 + sizes.nextInt(400_000)))) {
                at += count;
                if (at == read.length) {
                    break;
                }
            }

            assertThat(input.read()).isEqualTo(-1);
            assertThat(input.read()).as("and again").isEqualTo(-1);
        }
        assertThat(Arrays.equals(read, content)).isTrue();
    }

    @Test
    void reads_one_mebibyte_ahead_and_no_more() throws IOException {
        Path file = files.write("bounded", random(8 * MEBIBYTE));

        try (FileChannel channel = FileChannel.open(file);
                ReadAheadInput input = start(channel, "bounded", 8 * MEBIBYTE)) {
            Thread reader = readersOf("bounded").getFirst();
            long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (reader.getState() != Thread.State.WAITING && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }

            assertThat(reader.getState()).isEqualTo(Thread.State.WAITING);
            assertThat(channel.position()).isEqualTo(MEBIBYTE);
            assertThat(input.hasFailed()).isFalse();
        }
    }

    @Test
    void reports_a_failed_read_as_a_read_error() throws IOException {
        // a folder can be opened, but not read
        try (FileChannel channel = FileChannel.open(folder);
                ReadAheadInput input = start(channel, "folder", 4096)) {
            assertThatThrownBy(input::read).isInstanceOf(IOException.class).hasMessageContaining("Is a directory");

            assertThat(input.hasFailed()).isTrue();
            assertThatThrownBy(input::read).as("and again").isInstanceOf(IOException.class);
        }
    }

    @Test
    void returns_all_bytes_before_a_failure() throws IOException {
        Path file = files.write("short", random(MEBIBYTE));

        try (FileChannel channel = FileChannel.open(file);
                ReadAheadInput input = start(channel, "short", MEBIBYTE + 1)) {
            assertThat(input.readNBytes(MEBIBYTE)).hasSize(MEBIBYTE);
            assertThatThrownBy(input::read)
                    .isInstanceOf(IOException.class)
                    .hasMessage("short changed while it was read: it had 1,048,577 bytes, now it has 1,048,576");
        }
    }

    @Test
    void has_no_digests_before_the_end_of_the_file() throws IOException {
        Path file = files.write("half", random(MEBIBYTE));

        try (FileChannel channel = FileChannel.open(file);
                ReadAheadInput input = start(channel, "half", MEBIBYTE)) {
            input.readNBytes(MEBIBYTE / 2);

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
                try (ReadAheadInput input = start(channel, "hanging", MEBIBYTE)) {
                    thrown.set(catchThrowable(input::read));
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
