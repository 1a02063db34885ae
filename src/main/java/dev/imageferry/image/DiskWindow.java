package dev.imageferry.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A stretch of the disk that is kept while the rest streams by. What was not captured reads as zero, so that no offset out
 * of a hostile superblock can break a reader. Offsets count from the window's start; numbers are little-endian unless a
 * name says otherwise.
 */
final class DiskWindow {
    private final long start;
    private final byte[] bytes;
    private final ByteBuffer littleEndian;
    private int captured;

    /** @param start byte offset on the disk */
    DiskWindow(long start, int capacity) {
        if (start < 0 || start > Long.MAX_VALUE - capacity) {
            throw new IllegalArgumentException("a window at byte " + start);
        }
        this.start = start;
        this.bytes = new byte[capacity];
        this.littleEndian = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Takes what falls into the window. Chunks come in the order of the disk; they may overlap. */
    void absorb(long chunkStart, byte[] chunk, int length) {
        long from = start + captured;
        long to = Math.min(start + bytes.length, chunkStart + length);
        if (from >= chunkStart && from < to) {
            System.arraycopy(chunk, (int) (from - chunkStart), bytes, captured, (int) (to - from));
            captured += (int) (to - from);
        }
    }

    /** Takes what another window has of this one. */
    void absorb(DiskWindow other) {
        absorb(other.start, other.bytes, other.captured);
    }

    /** Where a byte of the disk lies in the window; negative or behind the captured bytes when it does not. */
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

    /** Sixty-four bits, which the caller has to take as unsigned or to check. */
    long longAt(long offset) {
        return isCaptured(offset, Long.BYTES) ? littleEndian.getLong((int) offset) : 0;
    }

    /** The bytes there, zeroes where nothing was captured. */
    byte[] bytesAt(long offset, int length) {
        byte[] copy = new byte[length];
        if (offset >= 0 && offset < captured) {
            System.arraycopy(bytes, (int) offset, copy, 0, Math.min(length, captured - (int) offset));
        }
        return copy;
    }

    /** @param magic characters up to U+00FF stand for the byte of that value */
    boolean has(long offset, String magic) {
        return isCaptured(offset, magic.length())
                && Arrays.equals(bytesAt(offset, magic.length()), magic.getBytes(StandardCharsets.ISO_8859_1));
    }

    int capturedBytes() {
        return captured;
    }
}
