package dev.imageferry.whole;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Creates gzip files (RFC 1952) with a specific layout of the deflate data (RFC 1951). */
public final class CraftedGzip {
    private static final int STORED_BLOCK_BYTES = 65_535;
    private static final int CHUNK_BYTES = 64 << 20;

    private CraftedGzip() {}

    /** Creates an uncompressed gzip file. Contents of the same length result in files of the same length. */
    public static byte[] stored(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(content.length + 1024);
        try (OutputStream out = new Uncompressing(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    private static final class Uncompressing extends GZIPOutputStream {
        Uncompressing(OutputStream out) throws IOException {
            super(out);
            def.setLevel(Deflater.NO_COMPRESSION);
        }
    }

    /**
     * Creates one highly compressed member of zeroes by repeating one piece of deflate data that ends with a full flush.
     *
     * @param contentBytes a multiple of 64 MiB
     */
    static void bomb(Path target, long contentBytes) throws IOException {
        if (contentBytes % CHUNK_BYTES != 0) {
            throw new IllegalArgumentException(contentBytes + " is not a multiple of " + CHUNK_BYTES);
        }
        byte[] zeroes = new byte[CHUNK_BYTES];
        byte[] piece = deflateUntilFullFlush(zeroes);
        CRC32 crc = new CRC32();
        try (OutputStream out = Files.newOutputStream(target)) {
            out.write(header().array());
            for (long done = 0; done < contentBytes; done += CHUNK_BYTES) {
                out.write(piece);
                crc.update(zeroes);
            }
            out.write(storedBlock(true, 0).array());
            out.write(trailer(crc, contentBytes).array());
        }
    }

    private static byte[] deflateUntilFullFlush(byte[] content) {
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
        deflater.setInput(content);
        byte[] buffer = new byte[1 << 20];
        int length = deflater.deflate(buffer, 0, buffer.length, Deflater.FULL_FLUSH);
        deflater.end();
        return Arrays.copyOf(buffer, length);
    }

    /**
     * Creates one member of zeroes with stored blocks, as long as its content. The file is sparse: 2 GB use 128 MB of disk
     * space.
     */
    public static void storedHoles(Path target, long contentBytes) throws IOException {
        CRC32 crc = new CRC32();
        byte[] zeroes = new byte[STORED_BLOCK_BYTES];
        try (FileChannel channel = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(header());
            for (long left = contentBytes; left > 0; ) {
                int length = (int) Math.min(left, STORED_BLOCK_BYTES);
                left -= length;
                channel.write(storedBlock(left == 0, length));
                channel.position(channel.position() + length);
                crc.update(zeroes, 0, length);
            }
            channel.write(trailer(crc, contentBytes));
        }
    }

    private static ByteBuffer header() {
        return littleEndian(10)
                .put((byte) 0x1f)
                .put((byte) 0x8b)
                .put((byte) 8)
                .put((byte) 0)
                .putInt(0)
                .put((byte) 0)
                .put((byte) 255)
                .flip();
    }

    /** Returns the header of a stored block. */
    private static ByteBuffer storedBlock(boolean last, int length) {
        return littleEndian(5)
                .put((byte) (last ? 1 : 0))
                .putShort((short) length)
                .putShort((short) ~length)
                .flip();
    }

    private static ByteBuffer trailer(CRC32 crc, long contentBytes) {
        return littleEndian(8)
                .putInt((int) crc.getValue())
                .putInt((int) contentBytes)
                .flip();
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
