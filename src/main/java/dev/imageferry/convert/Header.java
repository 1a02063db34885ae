package dev.imageferry.convert;

import dev.imageferry.image.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** A part of a disk file with its fields. Offsets are relative to the part, and numbers are unsigned. */
final class Header {
    private static final int GUID_BYTES = 16;

    private final ByteBuffer bytes;

    private Header(byte[] bytes, ByteOrder order) {
        this.bytes = ByteBuffer.wrap(bytes).order(order);
    }

    /** @throws UnfitSourceException if the file ends before the end of the part */
    static Header read(SourceFile file, DiskFormat format, long offset, int count, ByteOrder order)
            throws IOException, UnfitSourceException {
        byte[] part = file.at(offset, count);
        if (part.length < count) {
            throw UnfitSourceException.truncated("the file has %s bytes, but its %s header is longer"
                    .formatted(Printable.count(file.bytes()), format.shown()));
        }
        return new Header(part, order);
    }

    long uint32(int offset) {
        return Integer.toUnsignedLong(bytes.getInt(offset));
    }

    int uint16(int offset) {
        return Short.toUnsignedInt(bytes.getShort(offset));
    }

    /** A number of 64 bits. One that does not fit is {@link Long#MAX_VALUE}, which is more than any disk has. */
    long uint64(int offset) {
        long value = bytes.getLong(offset);
        return value < 0 ? Long.MAX_VALUE : value;
    }

    boolean has(int offset, String magic) {
        return text(offset, magic.length()).equals(magic);
    }

    /** One character for each byte. */
    String text(int offset, int count) {
        return new String(bytes.array(), offset, count, StandardCharsets.ISO_8859_1);
    }

    boolean isZero(int offset, int count) {
        return Arrays.equals(bytes.array(), offset, offset + count, new byte[count], 0, count);
    }

    /** The 16 bytes of a GUID as they are in the file, in hex. */
    String guid(int offset) {
        return HexFormat.of().formatHex(bytes.array(), offset, offset + GUID_BYTES);
    }

    /** A product that is {@link Long#MAX_VALUE} if it does not fit. */
    static long product(long first, long second) {
        return first == 0 || second <= Long.MAX_VALUE / first ? first * second : Long.MAX_VALUE;
    }
}
