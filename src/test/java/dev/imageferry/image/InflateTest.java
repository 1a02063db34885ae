package dev.imageferry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.imageferry.RealTools;
import dev.imageferry.image.GzipInspector.Decoder;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Both decoders, with input and output in pieces of any size. */
class InflateTest {
    private static final byte[] AFTER = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

    private static Inflate inflate(Decoder decoder) {
        if (decoder == Decoder.ISA_L) {
            RealTools.require(IsalLibrary.installed().isPresent(), "libisal", "libisal2");
        }
        return decoder.inflate();
    }

    private static byte[] content(Random random) {
        byte[] content = new byte[random.nextInt(300_000)];
        random.nextBytes(content);
        int compressible = content.length == 0 ? 0 : random.nextInt(content.length);
        for (int i = 0; i < compressible; i++) {
            content[i] = (byte) (i / 7 % 50);
        }
        return content;
    }

    private static byte[] deflate(byte[] content, int level) {
        try (Deflater deflater = new Deflater(level, true)) {
            deflater.setInput(content);
            deflater.finish();
            ByteArrayOutputStream compressed = new ByteArrayOutputStream();
            byte[] piece = new byte[64 * 1024];
            while (!deflater.finished()) {
                compressed.write(piece, 0, deflater.deflate(piece));
            }
            return compressed.toByteArray();
        }
    }

    @ParameterizedTest
    @EnumSource
    void returns_the_content_and_the_bytes_after_the_stream(Decoder decoder) throws DataFormatException {
        Random random = new Random(7);
        try (Inflate inflate = inflate(decoder)) {
            for (int round = 0; round < 60; round++) {
                byte[] content = content(random);
                byte[] stream = deflate(content, round % 10);
                ByteBuffer all = ByteBuffer.allocate(stream.length + AFTER.length)
                        .put(stream)
                        .put(AFTER)
                        .flip();
                ByteArrayOutputStream found = new ByteArrayOutputStream();
                byte[] output = new byte[1 + random.nextInt(200_000)];
                int inputBytes = 1 + random.nextInt(round % 2 == 0 ? 20 : 100_000);

                inflate.begin();
                ByteBuffer input = ByteBuffer.allocate(0);
                while (!inflate.hasEnded()) {
                    if (!input.hasRemaining()) {
                        int count = Math.min(inputBytes, all.remaining());
                        input = all.slice(all.position(), count);
                        all.position(all.position() + count);
                    }
                    found.write(output, 0, inflate.inflate(input, output));
                }

                ByteBuffer after = ByteBuffer.allocate(AFTER.length)
                        .put(inflate.surplus())
                        .put(input)
                        .put(all)
                        .flip();
                assertThat(found.toByteArray()).as("round %d", round).isEqualTo(content);
                assertThat(after).isEqualTo(ByteBuffer.wrap(AFTER));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void refuses_a_block_of_an_unknown_type_and_begins_again(Decoder decoder) throws DataFormatException {
        byte[] output = new byte[100];
        try (Inflate inflate = inflate(decoder)) {
            inflate.begin();
            Throwable refused = catchThrowable(() -> inflate.inflate(ByteBuffer.wrap(new byte[] {7, 7, 7, 7}), output));
            assertThat(refused).isInstanceOf(DataFormatException.class);

            inflate.begin();
            int count = inflate.inflate(ByteBuffer.wrap(deflate(new byte[] {42}, 9)), output);

            assertThat(count).isEqualTo(1);
            assertThat(output[0]).isEqualTo((byte) 42);
            assertThat(inflate.hasEnded()).isTrue();
        }
    }
}
