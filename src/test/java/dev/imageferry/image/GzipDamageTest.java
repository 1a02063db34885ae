package dev.imageferry.image;

import static dev.imageferry.image.DiskFiles.fit;
import static dev.imageferry.image.DiskFiles.unfit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.ErrorCode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files with each byte missing or wrong. */
class GzipDamageTest {
    private static final int FHCRC = 2;
    private static final int FEXTRA = 4;
    private static final int FNAME = 8;
    private static final int FCOMMENT = 16;
    private static final int ALL_FLAGS = FHCRC | FEXTRA | FNAME | FCOMMENT;
    private static final int PLAIN_HEADER_BYTES = 10;

    @TempDir
    Path folder;

    private DiskFiles files;

    @BeforeEach
    void useFolder() {
        files = new DiskFiles(folder);
    }

    /** A disk of one KiB: some bytes that do not compress, then some that do. */
    private static byte[] smallDisk() {
        byte[] disk = new byte[1024];
        byte[] start = new byte[200];
        new Random(1).nextBytes(start);
        System.arraycopy(start, 0, disk, 0, start.length);
        return disk;
    }

    /** A member with all header fields of RFC 1952. */
    private static byte[] member(int flags, byte[] content) {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        header.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, (byte) flags, 1, 2, 3, 4, 0, 3});
        if ((flags & FEXTRA) != 0) {
            header.writeBytes(new byte[] {6, 0, 'B', 'C', 2, 0, 5, 0});
        }
        if ((flags & FNAME) != 0) {
            header.writeBytes("disk.img\0".getBytes(StandardCharsets.ISO_8859_1));
        }
        if ((flags & FCOMMENT) != 0) {
            header.writeBytes("for the ferry\0".getBytes(StandardCharsets.ISO_8859_1));
        }
        if ((flags & FHCRC) != 0) {
            CRC32 crc = new CRC32();
            crc.update(header.toByteArray());
            header.write((int) crc.getValue());
            header.write((int) crc.getValue() >> 8);
        }
        byte[] plain = DiskFiles.gzip(content);
        header.write(plain, PLAIN_HEADER_BYTES, plain.length - PLAIN_HEADER_BYTES);
        return header.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, FHCRC, FEXTRA, FNAME, FCOMMENT, FEXTRA | FNAME, ALL_FLAGS})
    void accepts_every_header_of_the_rfc(int flags) throws IOException {
        Path file = files.write("disk.img.gz", member(flags, smallDisk()));

        assertThat(fit(file).uncompressedBytes()).isEqualTo(1024);
    }

    private static byte[] withExtraField(byte[] extra) {
        byte[] plain = DiskFiles.gzip(smallDisk());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(plain, 0, PLAIN_HEADER_BYTES);
        bytes.write(extra.length);
        bytes.write(extra.length >> 8);
        bytes.writeBytes(extra);
        bytes.write(plain, PLAIN_HEADER_BYTES, plain.length - PLAIN_HEADER_BYTES);
        byte[] member = bytes.toByteArray();
        member[3] = FEXTRA;
        return member;
    }

    /** RFC 1952 requires subfields, but all decoders, including gzip(1), skip the field by its length. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 5, 255, 65_535})
    void accepts_an_extra_field_with_any_content(int length) throws IOException {
        byte[] extra = new byte[length];
        Arrays.fill(extra, (byte) 0xff);
        Path file = files.write("disk.img.gz", withExtraField(extra));
        files.run("gzip", "-t", "disk.img.gz");

        assertThat(fit(file).uncompressedBytes()).isEqualTo(1024);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 13, 14, 200, 255})
    void accepts_any_operating_system_and_any_extra_flags(int value) throws IOException {
        byte[] bytes = member(0, smallDisk());
        bytes[8] = (byte) value;
        bytes[9] = (byte) value;

        assertThat(fit(files.write("disk.img.gz", bytes)).uncompressedBytes()).isEqualTo(1024);
    }

    @Test
    void accepts_stored_blocks_and_an_empty_member_at_the_end() throws IOException {
        Deflater stored = new Deflater(Deflater.NO_COMPRESSION, true);
        byte[] disk = smallDisk();
        byte[] data = new byte[2048];
        stored.setInput(disk);
        stored.finish();
        int length = stored.deflate(data);
        stored.end();
        CRC32 crc = new CRC32();
        crc.update(disk);
        ByteBuffer member = ByteBuffer.allocate(PLAIN_HEADER_BYTES + length + 8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3})
                .put(data, 0, length)
                .putInt((int) crc.getValue())
                .putInt(disk.length);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(member.array());
        bytes.writeBytes(DiskFiles.gzip(new byte[0]));

        assertThat(fit(files.write("disk.img.gz", bytes.toByteArray())).uncompressedBytes())
                .isEqualTo(1024);
    }

    @Test
    void detects_a_cut_after_every_byte() throws IOException {
        byte[] whole = member(ALL_FLAGS, smallDisk());

        for (int length = 1; length < whole.length; length++) {
            Path file = files.write("disk.img.gz", Arrays.copyOf(whole, length));
            assertThat(unfit(file).problem().code())
                    .as("the first %d bytes", length)
                    .isEqualTo(length == 1 ? ErrorCode.NOT_GZIP : ErrorCode.GZIP_TRUNCATED);
        }
    }

    @Test
    void detects_a_cut_after_every_byte_of_a_second_member() throws IOException {
        byte[] first = member(FNAME, smallDisk());
        byte[] both = Arrays.copyOf(first, first.length * 2);
        System.arraycopy(first, 0, both, first.length, first.length);

        for (int length = first.length + 1; length < both.length; length++) {
            Path file = files.write("disk.img.gz", Arrays.copyOf(both, length));
            Inspection.Unfit unfit = unfit(file);
            assertThat(unfit.problem().code()).as("the first %d bytes", length).isEqualTo(ErrorCode.GZIP_TRUNCATED);
            assertThat(unfit.problem().message()).contains("begins at byte " + first.length);
        }
    }

    /** A flipped bit can change the header or the source of a copy of zeroes, but never the content. */
    @ParameterizedTest
    @ValueSource(ints = {0, ALL_FLAGS})
    void a_flipped_bit_never_changes_the_content_unnoticed(int flags) throws IOException {
        byte[] content = smallDisk();
        byte[] whole = member(flags, content);
        int inHeader = 0;

        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Path file = files.write("disk.img.gz", flipped);
            if (DiskFiles.inspect(file, ContentsRule.STRICT) instanceof Inspection.Fit) {
                assertThat(gunzip(flipped)).as("bit %d", bit).isEqualTo(content);
                inHeader += bit / 8 < PLAIN_HEADER_BYTES ? 1 : 0;
            }
        }

        // Without a checksum of the header: time, extra flags and system, and the flag that says "text".
        assertThat(inHeader).isEqualTo(flags == 0 ? 6 * 8 + 1 : 0);
    }

    private static byte[] gunzip(byte[] bytes) throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x20, 0x40, 0x80})
    void refuses_reserved_flags(int flag) throws IOException {
        byte[] bytes = member(0, smallDisk());
        bytes[3] = (byte) flag;

        assertThat(unfit(files.write("disk.img.gz", bytes)).problem().code()).isEqualTo(ErrorCode.GZIP_CORRUPT);
    }

    @Test
    void refuses_compression_methods_other_than_deflate() throws IOException {
        byte[] bytes = member(0, smallDisk());
        bytes[2] = 7;

        Inspection.Unfit unfit = unfit(files.write("disk.img.gz", bytes));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.GZIP_CORRUPT);
        assertThat(unfit.problem().message()).contains("compression method 7");
    }

    @Test
    void refuses_a_header_that_exceeds_the_memory_limit() throws IOException {
        byte[] bytes = new byte[4 << 20];
        Arrays.fill(bytes, (byte) 'a');
        System.arraycopy(member(0, smallDisk()), 0, bytes, 0, PLAIN_HEADER_BYTES);
        bytes[3] = FNAME;

        Inspection.Unfit unfit = unfit(files.write("disk.img.gz", bytes));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.GZIP_CORRUPT);
        assertThat(unfit.problem().message()).contains("the header has more than 131,072 bytes");
    }

    @Test
    void refuses_a_header_with_a_wrong_checksum() throws IOException {
        byte[] bytes = member(FHCRC, smallDisk());
        bytes[4] ^= 1; // the time

        Inspection.Unfit unfit = unfit(files.write("disk.img.gz", bytes));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.GZIP_CORRUPT);
        assertThat(unfit.problem().message()).contains("FHCRC");
    }
}
