package dev.imageferry.image;

import static dev.imageferry.image.DiskFiles.fit;
import static dev.imageferry.image.DiskFiles.unfit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.RealTools;
import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.ErrorCode;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GzipInspectorTest {
    private static final int CHUNK_BYTES = 128 * 1024;
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

    private static byte[] join(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        byte[] joined = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, joined, at, part.length);
            at += part.length;
        }
        return joined;
    }

    @Test
    void computes_the_digests_of_the_compressed_file() throws Exception {
        Path file = files.write("disk.img.gz", DiskFiles.gzip(random(3 * MEBIBYTE)));
        byte[] bytes = Files.readAllBytes(file);
        CRC32C crc = new CRC32C();
        crc.update(bytes);

        CheckedImage image = fit(file);

        assertThat(image.compressedBytes()).isEqualTo(bytes.length);
        assertThat(image.uncompressedBytes()).isEqualTo(3 * MEBIBYTE);
        assertThat(image.sha256()).isEqualTo(hex("SHA-256", bytes));
        assertThat(image.md5()).isEqualTo(hex("MD5", bytes));
        assertThat(image.crc32c()).isEqualTo((int) crc.getValue());
    }

    private static String hex(String algorithm, byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
    }

    @Test
    void reports_progress_about_each_mebibyte_and_at_the_end() throws IOException {
        Path file = files.write("disk.img.gz", DiskFiles.gzip(random(5 * MEBIBYTE)));
        List<Long> seen = new ArrayList<>();

        new GzipInspector(DiskFiles.LIMITS, ContentsRule.STRICT).inspect(file, seen::add);

        assertThat(seen).isSorted().hasSizeBetween(5, 8).endsWith(Files.size(file));
    }

    @Test
    void rejects_an_empty_file() throws IOException {
        Inspection.Unfit unfit = unfit(files.write("disk.img.gz", new byte[0]));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.EMPTY);
        assertThat(unfit.problem().message()).startsWith("disk.img.gz: the file is empty (0 bytes)");
    }

    @Test
    void rejects_a_gzip_of_an_empty_file() throws IOException {
        byte[] nothing = DiskFiles.gzip(new byte[0]);

        Inspection.Unfit unfit = unfit(files.write("disk.img.gz", join(nothing, nothing)));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.EMPTY);
        assertThat(unfit.sha256OrNull()).isNotNull();
    }

    @Test
    void rejects_a_file_over_the_limit_without_reading_it() throws IOException {
        Path file = files.sparse("debian.img.gz", 5_368_709_121L);
        List<Long> progress = new ArrayList<>();

        Inspection.Unfit unfit =
                unfit(new GzipInspector(DiskFiles.LIMITS, ContentsRule.STRICT).inspect(file, progress::add));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.TOO_LARGE_COMPRESSED);
        assertThat(unfit.problem().message())
                .isEqualTo("debian.img.gz: 5,368,709,121 bytes compressed, but the limit is 5,368,709,120"
                        + " (imageferry.limits.compressed): set imageferry.drop.drop-free-blocks=true to leave out what"
                        + " deleted files left behind in ext2, ext3 or ext4, shrink the image, for example with resize2fs"
                        + " -M, or compress it better");
        assertThat(unfit.compressedBytes()).isEqualTo(5_368_709_121L);
        assertThat(progress).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "false, 2500, '10,240,000 of the 16,384,000 bytes of its file system are free: set imageferry.drop.drop-free-blocks'",
        "false, 0, '(imageferry.limits.compressed): set imageferry.drop.drop-free-blocks'",
        "true, 2500, '(imageferry.limits.compressed): shrink the image'"
    })
    void a_file_over_the_limit_is_told_how_much_of_its_file_system_is_free(
            boolean freeBlocksDropped, int freeBlocks, String expected) throws IOException {
        byte[] disk = new byte[64 * 1024];
        ByteBuffer superblock = ByteBuffer.wrap(disk, 1024, 1024).slice().order(ByteOrder.LITTLE_ENDIAN);
        superblock.putInt(0x4, 4000).putInt(0xc, freeBlocks).putInt(0x18, 2).putInt(0x20, 32_768);
        superblock.putShort(0x38, (short) 0xef53);
        Path file = files.write("debian.img.gz", DiskFiles.gzip(disk));

        Inspection.Unfit unfit =
                unfit(new GzipInspector(new ImageLimits(50, 1 << 20), ContentsRule.STRICT, freeBlocksDropped)
                        .inspect(file, bytes -> {}));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.TOO_LARGE_COMPRESSED);
        assertThat(unfit.problem().message()).contains(expected);
    }

    @Tag("exhaustive")
    @Test
    void accepts_a_file_of_exactly_the_compressed_limit() throws IOException {
        Path file = files.sparse("debian.img.gz", 5_368_709_120L);

        assertThat(unfit(file).problem().code()).isEqualTo(ErrorCode.NOT_GZIP);
    }

    @Test
    void stops_decompressing_a_bomb_at_the_limit() throws IOException {
        byte[] member = DiskFiles.gzip(new byte[64 * MEBIBYTE]);
        Path bomb = files.at("bomb.img.gz");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(bomb))) {
            for (int i = 0; i < 160; i++) { // 10 GiB
                out.write(member);
            }
        }
        long limit = 200L * MEBIBYTE;

        Inspection.Unfit unfit = unfit(
                new GzipInspector(new ImageLimits(1L << 30, limit), ContentsRule.STRICT).inspect(bomb, bytes -> {}));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.TOO_LARGE_UNCOMPRESSED);
        assertThat(unfit.problem().message())
                .startsWith("bomb.img.gz: more than 209,715,200 bytes uncompressed")
                .contains("imageferry.limits.uncompressed", "resize2fs -M");
        assertThat(unfit.uncompressedBytes()).isGreaterThan(limit).isLessThanOrEqualTo(limit + CHUNK_BYTES);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1})
    void accepts_content_of_exactly_the_uncompressed_limit(int over) throws IOException {
        Path file = files.write("disk.img.gz", DiskFiles.gzip(random(300_032)));
        ImageLimits limits = new ImageLimits(1 << 30, 300_032 - over);

        Inspection inspection = new GzipInspector(limits, ContentsRule.STRICT).inspect(file, bytes -> {});

        assertThat(inspection instanceof Inspection.Fit).isEqualTo(over <= 0);
    }

    @Test
    void reports_the_first_problem_in_the_file() throws IOException {
        byte[] cut = new byte[200_000];
        System.arraycopy(DiskFiles.gzip(random(400_000)), 0, cut, 0, cut.length);
        Path file = files.write("disk.img.gz", cut);

        Inspection overBoth =
                new GzipInspector(new ImageLimits(1 << 30, 1000), ContentsRule.STRICT).inspect(file, bytes -> {});

        assertThat(unfit(overBoth).problem().code()).isEqualTo(ErrorCode.TOO_LARGE_UNCOMPRESSED);
        assertThat(unfit(file).problem().code()).isEqualTo(ErrorCode.GZIP_TRUNCATED);
    }

    @Test
    void rejects_a_file_that_is_not_gzip() throws IOException {
        Inspection.Unfit unfit = unfit(files.write("disk.img.gz", random(4096)));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.NOT_GZIP);
        assertThat(unfit.problem().message())
                .startsWith("disk.img.gz: not a gzip file, because it does not begin with the bytes 1f 8b");
    }

    @Test
    void accepts_many_members_including_empty_ones() throws IOException {
        byte[] nothing = DiskFiles.gzip(new byte[0]);
        byte[] sector = DiskFiles.gzip(random(512));
        byte[][] members = new byte[5000][];
        for (int i = 0; i < members.length; i++) {
            members[i] = i % 5 == 0 ? nothing : sector;
        }

        CheckedImage image = fit(files.write("disk.img.gz", join(members)));

        assertThat(image.uncompressedBytes()).isEqualTo(4000L * 512);
        assertThat(image.contents().warnings()).noneMatch(warning -> warning.startsWith("blank"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "pigz"})
    void accepts_output_of_the_tools(String tool) throws IOException {
        RealTools.require(tool);
        files.write("disk.img", random(3 * MEBIBYTE));

        files.run(tool, "-k", "disk.img");

        assertThat(fit(files.at("disk.img.gz")).uncompressedBytes()).isEqualTo(3 * MEBIBYTE);
    }

    @Test
    void reports_zero_padding_after_the_end() throws IOException {
        byte[] gzip = DiskFiles.gzip(random(1000));

        Inspection.Unfit unfit = unfit(files.write("disk.img.gz", join(gzip, new byte[300_000])));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.GZIP_TRAILING_DATA);
        assertThat(unfit.problem().message())
                .contains("300,000 bytes of zero padding", "truncate -s " + gzip.length)
                .startsWith("disk.img.gz: ");
        assertThat(unfit.uncompressedBytes()).isEqualTo(1000);
    }

    @Test
    void reports_trailing_garbage() throws IOException {
        byte[] gzip = DiskFiles.gzip(random(1000));

        Inspection.Unfit unfit = unfit(files.write("disk.img.gz", join(gzip, new byte[300_000], new byte[] {7})));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.GZIP_TRAILING_DATA);
        assertThat(unfit.problem().message()).contains("300,001 bytes of other data", "truncate -s " + gzip.length);
    }

    /** OpenWrt appends metadata to its images for sysupgrade: fwtool's trailer "FWx0", with JSON before it. */
    @Test
    void names_the_command_that_removes_openwrt_metadata() throws IOException {
        byte[] metadata =
                "{\"supported_devices\":[\"generic\"],\"version\":{\"dist\":\"OpenWrt\"}}FWx0\1\2\3\4\1\0\0\0\0\0\0\5"
                        .getBytes(StandardCharsets.ISO_8859_1);
        byte[] gzip = DiskFiles.gzip(random(100_000));
        Path file = files.write("openwrt.img.gz", join(gzip, metadata));

        Inspection.Unfit unfit = unfit(file);

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.GZIP_TRAILING_DATA);
        String command = "truncate -s " + gzip.length;
        assertThat(unfit.problem().message())
                .contains(metadata.length + " bytes of other data")
                .endsWith("remove them with " + command);
        files.run("sh", "-ec", command + " openwrt.img.gz");
        assertThat(fit(file).uncompressedBytes()).isEqualTo(100_000);
    }

    @Test
    void reports_an_incomplete_magic_at_the_end_as_truncated() throws IOException {
        Path file = files.write("disk.img.gz", join(DiskFiles.gzip(random(1000)), new byte[] {0x1f}));

        assertThat(unfit(file).problem().code()).isEqualTo(ErrorCode.GZIP_TRUNCATED);
    }

    @Test
    void reports_where_the_damage_is() throws IOException {
        byte[] first = DiskFiles.gzip(random(100_000));
        byte[] second = DiskFiles.gzip(random(100_000));
        second[second.length - 6] ^= 1; // its CRC

        Inspection.Unfit unfit = unfit(files.write("disk.img.gz", join(first, second)));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.GZIP_CORRUPT);
        assertThat(unfit.problem().message())
                .contains("member that begins at byte " + Printable.count(first.length), "CRC32");
    }

    @Test
    void fails_for_a_missing_file() {
        GzipInspector inspector = new GzipInspector(DiskFiles.LIMITS, ContentsRule.STRICT);

        assertThatThrownBy(() -> inspector.inspect(files.at("none.img.gz"), bytes -> {}))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void fails_for_a_folder() {
        GzipInspector inspector = new GzipInspector(DiskFiles.LIMITS, ContentsRule.STRICT);

        assertThatThrownBy(() -> inspector.inspect(folder, bytes -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not a regular file");
    }

    @Test
    void fails_for_a_file_that_shrinks_during_the_check() throws IOException {
        Path file = files.write("disk.img.gz", DiskFiles.gzip(random(5 * MEBIBYTE)));
        GzipInspector inspector = new GzipInspector(DiskFiles.LIMITS, ContentsRule.STRICT);

        assertThatThrownBy(() -> inspector.inspect(file, bytes -> resize(file, 2 * MEBIBYTE)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("changed while it was read");
    }

    @Test
    void fails_for_a_file_that_grows_during_the_check() throws IOException {
        Path file = files.write("disk.img.gz", DiskFiles.gzip(random(5 * MEBIBYTE)));
        GzipInspector inspector = new GzipInspector(DiskFiles.LIMITS, ContentsRule.STRICT);

        assertThatThrownBy(() -> inspector.inspect(file, bytes -> append(file)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("changed while it was read");
    }

    private static void resize(Path file, long bytes) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void append(Path file) {
        try {
            Files.write(file, DiskFiles.gzip(random(100)), StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void stops_when_its_thread_is_interrupted() throws IOException {
        Path file = files.write("disk.img.gz", DiskFiles.gzip(random(5 * MEBIBYTE)));
        GzipInspector inspector = new GzipInspector(DiskFiles.LIMITS, ContentsRule.STRICT);
        List<Long> seen = new ArrayList<>();

        assertThatThrownBy(() -> inspector.inspect(file, bytes -> {
                    seen.add(bytes);
                    Thread.currentThread().interrupt();
                }))
                .isInstanceOf(ClosedByInterruptException.class);

        assertThat(Thread.interrupted()).as("still interrupted").isTrue();
        assertThat(seen).hasSize(1);
    }

    @Test
    void removes_control_characters_from_file_names() throws IOException {
        Path file = files.write("a\u001b[31m\nb.img.gz", new byte[0]);

        assertThat(unfit(file).problem().message()).startsWith("a[31mb.img.gz: ");
    }
}
