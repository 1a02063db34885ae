package dev.imageferry.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.image.ImageLimits;
import dev.imageferry.job.Digests;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GzipOutputTest {
    private static final ImageLimits LIMITS = new ImageLimits(1L << 40, 1L << 40);
    private static final int MEBIBYTE = 1 << 20;

    @TempDir
    Path folder;

    /** Noise, text and zeroes in turns that do not fit into members. */
    private static byte[] disk(int bytes) {
        byte[] disk = new byte[bytes];
        Random random = new Random(4711);
        for (int from = 0, turn = 0; from < bytes; from += 700_001, turn++) {
            int to = Math.min(bytes, from + 700_001);
            byte[] piece = new byte[to - from];
            if (turn % 4 == 0) {
                random.nextBytes(piece);
            } else if (turn % 4 == 1) {
                Arrays.fill(piece, (byte) turn);
            }
            System.arraycopy(piece, 0, disk, from, piece.length);
        }
        return disk;
    }

    private Path write(GzipWorkers workers, String name, RawContent disk) throws Exception {
        Path path = folder.resolve(name);
        try (TargetFile file = new TargetFile(
                        path,
                        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        new ImageFiles.CountedSpace());
                GzipOutput out = new GzipOutput(workers, file, LIMITS)) {
            out.write(disk);
        }
        return path;
    }

    private static RawContent content(byte[] disk) {
        ByteArrayInputStream stream = new ByteArrayInputStream(disk);
        // not in the size of members
        return (into, from, length) -> stream.read(into, from, Math.min(length, 99_991));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 512, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 9 * MEBIBYTE, 20_000_000})
    void java_and_gzip_read_what_was_written(int bytes) throws Exception {
        byte[] disk = disk(bytes);

        Path written = write(new GzipWorkers(2), "disk.gz", content(disk));

        try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(written))) {
            assertThat(in.readAllBytes()).isEqualTo(disk);
        }
        assertThat(new ImageFiles(folder).unpackedSha256(written)).isEqualTo(sha256(disk));
    }

    @Test
    void the_number_of_threads_does_not_change_the_bytes() throws Exception {
        byte[] disk = disk(20_000_000);

        List<String> sums = new ArrayList<>();
        for (int threads : new int[] {1, 2, 7, 16}) {
            sums.add(Digests.sha256(write(new GzipWorkers(threads), threads + ".gz", content(disk))));
        }

        assertThat(sums).containsOnly(sums.getFirst());
    }

    /** The whole member is known beforehand, so a disk of 4 TiB would take a while, but no memory or compression. */
    @Test
    void blocks_of_zeroes_are_not_compressed_again() throws Exception {
        GzipWorkers workers = new GzipWorkers(1);
        int[] left = {200};

        Path written = write(workers, "zeroes.gz", (into, from, length) -> {
            if (left[0] == 0) {
                return -1;
            }
            left[0]--;
            assertThat(length).isEqualTo(MEBIBYTE);
            Arrays.fill(into, (byte) 0);
            return length;
        });

        assertThat(Files.size(written)).isEqualTo(200L * workers.zeroes().length);
        assertThat(workers.use().compressed()).isZero();
    }

    /** Many conversions share the members, and each comes to its end. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void conversions_share_a_bounded_number_of_members(int threads) throws Exception {
        // given
        GzipWorkers workers = new GzipWorkers(threads);
        byte[] disk = disk(12_000_000);
        AtomicInteger most = new AtomicInteger();

        // when
        List<Future<Path>> written = new ArrayList<>();
        try (var callers = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 16; i++) {
                String name = i + ".gz";
                RawContent content = content(disk);
                written.add(callers.submit(() -> write(workers, name, (into, from, length) -> {
                    most.accumulateAndGet(workers.use().taken(), Math::max);
                    return content.read(into, from, length);
                })));
            }
        }

        // then
        for (Future<Path> each : written) {
            assertThat(Digests.sha256(each.get()))
                    .isEqualTo(Digests.sha256(written.getFirst().get()));
        }
        assertThat(most.get()).isBetween(1, 2 * threads);
        assertThat(workers.use().taken()).isZero();
        assertThat(workers.use().kept()).isZero();
    }

    @Test
    void members_are_given_back_after_an_error() throws Exception {
        GzipWorkers workers = new GzipWorkers(2);
        byte[] disk = disk(5_000_000);
        RawContent content = content(disk);
        int[] reads = {0};

        try {
            write(workers, "broken.gz", (into, from, length) -> {
                if (reads[0]++ == 45) {
                    throw new IOException("the disk broke");
                }
                return content.read(into, from, length);
            });
            throw new AssertionError("no exception");
        } catch (IOException e) {
            assertThat(e).hasMessage("the disk broke");
        }

        assertThat(workers.use().taken()).isZero();
    }

    private static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(Digests.of("SHA-256").digest(bytes));
    }
}
