package dev.imageferry.convert;

import dev.imageferry.image.Printable;
import java.io.IOException;
import java.nio.ByteOrder;

/**
 * The footer of a VHD: Microsoft's Virtual Hard Disk Image Format Specification 1.0, big-endian. A dynamic disk has a copy of it at
 * the beginning. A disk of fixed size is the raw disk followed by the footer.
 *
 * @param offset where it is in the file
 * @param type 2: fixed, 3: dynamic, 4: differencing
 * @param diskBytes the current size of the disk
 * @param headerOffset of the header of a dynamic disk
 */
record VhdFooter(long offset, long type, long diskBytes, long headerOffset) {
    private static final int BYTES = 512;
    private static final String COOKIE = "conectix";
    private static final long FIXED = 2;
    private static final long DYNAMIC = 3;
    private static final int LOCATORS = 8;
    private static final int LOCATOR_OFFSET = 576;
    private static final int LOCATOR_BYTES = 24;

    static VhdFooter read(SourceFile file) throws IOException, UnfitSourceException {
        // Virtual PC wrote 511 bytes before 2004
        for (int length = BYTES; length >= BYTES - 1; length--) {
            long offset = file.bytes() - length;
            if (offset >= 0) {
                Header footer = Header.read(file, DiskFormat.VHD, offset, BYTES - 1, ByteOrder.BIG_ENDIAN);
                if (footer.has(0, COOKIE)) {
                    return new VhdFooter(offset, footer.uint32(60), footer.uint64(48), footer.uint64(16));
                }
            }
        }
        throw UnfitSourceException.truncated(
                "the VHD image has no footer at the end of its %s bytes".formatted(Printable.count(file.bytes())));
    }

    boolean isFixed() {
        return type == FIXED;
    }

    /** The size of a raw disk that ends where the footer begins. */
    long fixedBytes() throws UnfitSourceException {
        if (diskBytes != offset) {
            throw UnfitSourceException.damaged(
                    "the footer of the VHD image says %s bytes, but the disk has %s"
                            .formatted(Printable.count(diskBytes), Printable.count(offset)),
                    diskBytes > offset);
        }
        return offset;
    }

    /** The size of a dynamic disk that needs no other file. */
    long dynamicBytes(SourceFile file) throws IOException, UnfitSourceException {
        if (type != DYNAMIC) {
            throw DiskHeaders.refersTo("a parent disk (type %d)".formatted(type), DiskFormat.VHD);
        }
        Header first = Header.read(file, DiskFormat.VHD, 0, BYTES, ByteOrder.BIG_ENDIAN);
        Header header = Header.read(file, DiskFormat.VHD, headerOffset, 1024, ByteOrder.BIG_ENDIAN);
        if (!first.has(0, COOKIE)
                || !header.has(0, "cxsparse")
                || first.uint32(60) != type
                || first.uint64(16) != headerOffset) {
            throw UnfitSourceException.damaged("the header of the VHD image is damaged", first.isZero(0, BYTES));
        }
        for (int i = 0; i < LOCATORS; i++) {
            if (header.uint32(LOCATOR_OFFSET + i * LOCATOR_BYTES) != 0) {
                throw DiskHeaders.refersTo("a parent disk", DiskFormat.VHD);
            }
        }
        return Math.max(diskBytes, first.uint64(48));
    }
}
