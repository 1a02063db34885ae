package dev.imageferry.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A range of the disk that is kept in memory. Bytes outside it read as zero, so that a malicious offset in a superblock
 * cannot cause an error. Offsets are relative to the start of the window. Numbers are little-endian unless the method name
 * says otherwise.
 */
final class DiskWindow {
    private final long start;
    private final byte[] bytes;
    private final ByteBuffer littleEndian;
    private int captured;

    /** @param start byte offset on the disk */
    DiskWindow(long start, int capacity) {
        if (start < 0 || start > Long.MAX_VALUE - capacity) {
            throw new IllegalArgumentException("invalid start of a window: " + start);
        }
        this.start = start;
        this.bytes = new byte[capacity];
        this.littleEndian = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Copies the part of a chunk that is in the window. Chunks are in the order of the disk and may overlap. */
    void absorb(long chunkStart, byte[] chunk, int length) {
        long from = start + captured;
        long to = Math.min(start + bytes.length, chunkStart + length);
        if (from >= chunkStart && from < to) {
            System.arraycopy(chunk, (int) (from - chunkStart), bytes, captured, (int) (to - from));
            captured += (int) (to - from);
        }
    }

    /** Copies the part of another window that is in this one. */
    void absorb(DiskWindow other) {
        absorb(other.start, other.bytes, other.captured);
    }

    /** The offset of a byte of the disk; negative or after the captured bytes if it is not in the window. */
    long offsetOf(long diskByte) {
        return diskByte - start;
    }

    boolean isFull() {
        return captured == bytes.length;
    }

    boolean isCaptured(long offset, int length) {
        return offset >= 0 && offset <= (long) captured - length;
    }

    int unsignedByte(long offset) {
        return isCaptured(offset, 1) ? bytes[(int) offset] & 0xff : 0;
    }

    int unsignedShort(long offset) {
        return isCaptured(offset, Short.BYTES) ? littleEndian.getShort((int) offset) & 0xffff : 0;
    }

    long unsignedInt(long offset) {
        return isCaptured(offset, Integer.BYTES) ? Integer.toUnsignedLong(littleEndian.getInt((int) offset)) : 0;
    }

    long unsignedIntBigEndian(long offset) {
        return Integer.toUnsignedLong(Integer.reverseBytes((int) unsignedInt(offset)));
    }

    /** 64 bits, signed. */
    long longAt(long offset) {
        return isCaptured(offset, Long.BYTES) ? littleEndian.getLong((int) offset) : 0;
    }

    /** The bytes at an offset, with zeroes where nothing was captured. */
    byte[] bytesAt(long offset, int length) {
        byte[] copy = new byte[length];
        if (offset >= 0 && offset < captured) {
            System.arraycopy(bytes, (int) offset, copy, 0, Math.min(length, captured - (int) offset));
        }
        return copy;
    }

    /** @param magic a character up to U+00FF for each byte */
    boolean has(long offset, String magic) {
        return isCaptured(offset, magic.length())
                && Arrays.equals(bytesAt(offset, magic.length()), magic.getBytes(StandardCharsets.ISO_8859_1));
    }

    int capturedBytes() {
        return captured;
    }
}
