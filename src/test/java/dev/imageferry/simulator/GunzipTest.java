package dev.imageferry.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.simulator.SimulatorOptions.TrailingBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The simulator's decompression, held against the {@code gzip} command. */
class GunzipTest {
    private static final byte[] MEMBER = TestGzip.of("the content of a disk, twice: the content of a disk");
    private static final byte[] OTHER = TestGzip.stored(noise(100_000));
    private static final int WARNING = 2;

    private final Random random = new Random(13);

    @TempDir
    private Path folder;

    @Test
    void judges_as_gzip_does() throws Exception {
        Map<String, byte[]> streams = new LinkedHashMap<>();
        streams.put("nothing", new byte[0]);
        streams.put("no gzip", "not really an image".getBytes(UTF_8));
        streams.put("one byte of the magic", new byte[] {0x1f});
        streams.put("one member", MEMBER);
        streams.put("no content", TestGzip.of(""));
        streams.put("two members", TestGzip.concat(MEMBER, OTHER));
        streams.put("zeroes after the end", TestGzip.concat(MEMBER, new byte[512]));
        streams.put("garbage after the end", TestGzip.concat(MEMBER, "PK".getBytes(UTF_8)));
        streams.put("zeroes and garbage after the end", TestGzip.concat(MEMBER, new byte[512], new byte[] {1}));
        streams.put("zeroes between members", TestGzip.concat(MEMBER, new byte[512], OTHER));
        streams.put("half a magic after the end", TestGzip.concat(MEMBER, new byte[] {0x1f}));
        streams.put("only a magic after the end", TestGzip.concat(MEMBER, new byte[] {0x1f, (byte) 0x8b}));
        streams.put("every field in the header", withHeader(0x1e, true));
        streams.put("a wrong checksum of the header", withHeader(0x1e, false));
        streams.put("an empty extra field", TestGzip.concat(header(0x04), new byte[2], body()));
        streams.put("a name", TestGzip.concat(header(0x08), "disk.img\0".getBytes(UTF_8), body()));
        streams.put("a comment", TestGzip.concat(header(0x10), "by hand\0".getBytes(UTF_8), body()));
        streams.put("an unknown flag", TestGzip.concat(header(0x80), body()));
        streams.put("the flag of encryption", TestGzip.concat(header(0x20), body()));
        streams.put("a preset method", changed(MEMBER, 2, 7));
        streams.put("a wrong checksum", changed(MEMBER, MEMBER.length - 8, 0));
        streams.put("a wrong length", changed(MEMBER, MEMBER.length - 1, 1));
        streams.put("a second member that is corrupt", TestGzip.concat(MEMBER, changed(OTHER, 50_000, 0)));
        for (int length : new int[] {1, 2, 9, 10, 11, MEMBER.length - 9, MEMBER.length - 8, MEMBER.length - 1}) {
            streams.put("the first " + length + " bytes", Arrays.copyOf(MEMBER, length));
            streams.put(
                    "a second member of " + length + " bytes", TestGzip.concat(MEMBER, Arrays.copyOf(MEMBER, length)));
        }

        for (Map.Entry<String, byte[]> stream : streams.entrySet()) {
            assertLikeGzip(stream.getKey(), stream.getValue());
        }
    }

    @Test
    void judges_random_damage_as_gzip_does() throws Exception {
        byte[] whole = TestGzip.concat(TestGzip.of(noise(300)), withHeader(0x1e, true), TestGzip.of("end"));
        for (int round = 0; round < 150; round++) {
            byte[] damaged = whole.clone();
            int position = random.nextInt(damaged.length);
            damaged[position] ^= (byte) (1 << random.nextInt(8));
            int length = random.nextInt(4) == 0 ? random.nextInt(damaged.length) : damaged.length;

            assertLikeGzip("byte " + position + " changed, " + length + " bytes", Arrays.copyOf(damaged, length));
        }
    }

    @Test
    void counts_and_hashes_the_content_of_all_members() {
        byte[] stream = TestGzip.concat(MEMBER, OTHER, TestGzip.of(""));

        Unpacked unpacked = decompress(stream, Long.MAX_VALUE, TrailingBytes.REFUSED);

        assertThat(unpacked)
                .isInstanceOfSatisfying(
                        Unpacked.Whole.class, whole -> assertThat(whole.bytes()).isEqualTo(100_000 + 51));
    }

    @Test
    void counts_beyond_4_gib() {
        byte[] member = TestGzip.of(new byte[1 << 26]);
        try (Gunzip gunzip = new Gunzip(Long.MAX_VALUE, TrailingBytes.REFUSED)) {
            for (int each = 0; each < 64; each++) {
                gunzip.feed(member);
                assertThat(gunzip.run(Long.MAX_VALUE / 2)).isTrue();
            }
            gunzip.feed(TestGzip.of("x")); // the last length field says 1
            assertThat(gunzip.run(Long.MAX_VALUE / 2)).isTrue();

            assertThat(gunzip.done()).isEqualTo(new Unpacked.Whole((1L << 32) + 1, null));
        }
    }

    @Test
    void ends_where_the_limit_is_exceeded() {
        byte[] two = TestGzip.concat(TestGzip.of(new byte[600]), TestGzip.of(new byte[400]));

        assertThat(decompress(two, 1_000, TrailingBytes.REFUSED)).isInstanceOf(Unpacked.Whole.class);
        assertThat(decompress(two, 999, TrailingBytes.REFUSED)).isEqualTo(new Unpacked.TooLarge());
        assertThat(decompress(changed(two, two.length - 1, 9), 999, TrailingBytes.REFUSED))
                .as("what follows the excess is not looked at")
                .isEqualTo(new Unpacked.TooLarge());
    }

    @Test
    void takes_up_a_part_again_that_expands_to_much() {
        byte[] stream = TestGzip.of(new byte[5_000_000]);
        try (Gunzip gunzip = new Gunzip(Long.MAX_VALUE, TrailingBytes.REFUSED)) {
            gunzip.feed(stream);
            int calls = 1;
            while (!gunzip.run(1_000_000)) {
                calls++;
            }

            assertThat(calls).isEqualTo(5);
            assertThat(gunzip.done()).isInstanceOf(Unpacked.Whole.class);
        }
    }

    private void assertLikeGzip(String name, byte[] stream) throws Exception {
        Path compressed = Files.write(folder.resolve("stream"), stream);
        Path content = folder.resolve("content");
        int status = new ProcessBuilder("gzip", "-d", "-c")
                .redirectInput(compressed.toFile())
                .redirectOutput(content.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        Unpacked ofGzip = status == 0 || status == WARNING ? whole(content) : new Unpacked.Broken();

        assertThat(decompress(stream, Long.MAX_VALUE, TrailingBytes.IGNORED))
                .as(name + ", trailing bytes ignored, gzip says " + status)
                .isEqualTo(ofGzip);
        assertThat(decompress(stream, Long.MAX_VALUE, TrailingBytes.REFUSED))
                .as(name + ", trailing bytes refused, gzip says " + status)
                .isEqualTo(status == WARNING ? new Unpacked.Broken() : ofGzip);
    }

    private static Unpacked whole(Path content) throws IOException {
        byte[] bytes = Files.readAllBytes(content);
        return new Unpacked.Whole(
                bytes.length,
                HexFormat.of().formatHex(ObjectHash.digest("SHA-256").digest(bytes)));
    }

    /** Feeds parts of random lengths. */
    private Unpacked decompress(byte[] stream, long limit, TrailingBytes trailingBytes) {
        try (Gunzip gunzip = new Gunzip(limit, trailingBytes)) {
            for (int at = 0; at < stream.length; ) {
                int length = Math.min(stream.length - at, 1 + random.nextInt(random.nextBoolean() ? 4 : 20_000));
                gunzip.feed(Arrays.copyOfRange(stream, at, at + length));
                assertThat(gunzip.run(Long.MAX_VALUE / 2)).isTrue();
                at += length;
            }
            return gunzip.done();
        }
    }

    private static byte[] withHeader(int flags, boolean rightChecksum) {
        byte[] header =
                TestGzip.concat(header(flags), new byte[] {3, 0, 'a', 0, 'b'}, "name\0comment\0".getBytes(UTF_8));
        CRC32 crc = new CRC32();
        crc.update(header);
        int sum = (int) crc.getValue() + (rightChecksum ? 0 : 1);
        return TestGzip.concat(header, new byte[] {(byte) sum, (byte) (sum >> 8)}, body());
    }

    private static byte[] header(int flags) {
        return new byte[] {0x1f, (byte) 0x8b, 8, (byte) flags, 1, 2, 3, 4, 0, 3};
    }

    /** A member without its header, which has 10 bytes. */
    private static byte[] body() {
        return Arrays.copyOfRange(MEMBER, 10, MEMBER.length);
    }

    private static byte[] changed(byte[] stream, int at, int value) {
        byte[] copy = stream.clone();
        copy[at] = (byte) (copy[at] == (byte) value ? value + 1 : value);
        return copy;
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(1).nextBytes(bytes);
        return bytes;
    }
}
