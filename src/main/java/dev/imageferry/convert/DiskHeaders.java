package dev.imageferry.convert;

import dev.imageferry.image.Printable;
import java.io.IOException;
import java.nio.ByteOrder;

/**
 * Reads the headers of disk formats before a program does: the size of the disk, and whether the disk refers to other files. A file
 * from outside could otherwise make that program read any file of this machine.
 */
final class DiskHeaders {
    private static final String WITH_ITS_FILES =
            ": convert it where those files are, with qemu-img convert -O qcow2, and drop the result";

    private DiskHeaders() {}

    /**
     * The size of the disk in bytes, according to the header.
     *
     * @throws UnfitSourceException if the disk needs another file, is encrypted, or is cut short
     */
    static long virtualBytes(DiskFormat format, SourceFile file) throws IOException, UnfitSourceException {
        return switch (format) {
            case QCOW2 -> qcow2(file);
            case VMDK -> VmdkHeader.virtualBytes(file);
            case VHD -> VhdFooter.read(file).dynamicBytes(file);
            case VHDX -> VhdxHeader.virtualBytes(file);
            case VDI -> vdi(file);
        };
    }

    /** @param what e.g. {@code a backing file} */
    static UnfitSourceException refersTo(String what, DiskFormat format) {
        return UnfitSourceException.failed(
                "the %s image needs %s, and no other file is read%s".formatted(format.shown(), what, WITH_ITS_FILES));
    }

    /** QEMU's {@code docs/interop/qcow2}: big-endian. */
    private static long qcow2(SourceFile file) throws IOException, UnfitSourceException {
        Header header = Header.read(file, DiskFormat.QCOW2, 0, 72, ByteOrder.BIG_ENDIAN);
        long version = header.uint32(4);
        if (version != 2 && version != 3) {
            throw UnfitSourceException.failed(
                    "qcow2 version %d: only versions 2 and 3 are known, convert it with qemu-img convert -O raw, then gzip"
                            .formatted(version));
        }
        if (header.uint64(8) != 0 || header.uint32(16) != 0) {
            throw refersTo("a backing file", DiskFormat.QCOW2);
        }
        if (header.uint32(32) != 0) {
            throw UnfitSourceException.failed(
                    "the qcow2 image is encrypted: decrypt it with qemu-img convert and its key, and drop the result");
        }
        if (version == 3) {
            Header further = Header.read(file, DiskFormat.QCOW2, 72, 32, ByteOrder.BIG_ENDIAN);
            // incompatible features, bit 2: the clusters are in another file
            if ((further.text(0, 8).charAt(7) & 4) != 0) {
                throw refersTo("an external data file", DiskFormat.QCOW2);
            }
        }
        return header.uint64(24);
    }

    /** VirtualBox's {@code VDICore.h}, version 1.1: little-endian. */
    private static long vdi(SourceFile file) throws IOException, UnfitSourceException {
        Header header = Header.read(file, DiskFormat.VDI, 0, 512, ByteOrder.LITTLE_ENDIAN);
        long type = header.uint32(0x4c);
        if (type != 1 && type != 2) {
            throw refersTo("a parent disk (image type %d)".formatted(type), DiskFormat.VDI);
        }
        if (!header.isZero(0x1a8, 32)) {
            throw refersTo("a parent disk", DiskFormat.VDI);
        }
        long blockBytes = header.uint32(0x178) + header.uint32(0x17c);
        long dataEnd = header.uint32(0x158) + Header.product(header.uint32(0x184), blockBytes);
        if (dataEnd > file.bytes() || dataEnd < 0) {
            throw UnfitSourceException.truncated("the VDI image needs %s bytes, but the file has %s"
                    .formatted(Printable.count(dataEnd), Printable.count(file.bytes())));
        }
        return header.uint64(0x170);
    }
}
