package dev.imageferry.simulator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Gzip for the simulator's tests. */
final class TestGzip {
    private TestGzip() {}

    static byte[] of(String content) {
        return of(content.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] of(byte[] content) {
        return member(content, Deflater.DEFAULT_COMPRESSION);
    }

    /** Not compressed, so that the object is a little larger than its content. */
    static byte[] stored(byte[] content) {
        return member(content, Deflater.NO_COMPRESSION);
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] member(byte[] content, int level) {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new LeveledGzip(compressed, level)) {
            gzip.write(content);
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing to memory failed", impossible);
        }
        return compressed.toByteArray();
    }

    /** The JDK's stream takes no level. */
    private static final class LeveledGzip extends GZIPOutputStream {
        LeveledGzip(ByteArrayOutputStream out, int level) throws IOException {
            super(out, 64 * 1024);
            def.setLevel(level);
        }
    }
}
