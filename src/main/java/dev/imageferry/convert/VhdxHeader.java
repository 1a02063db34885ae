package dev.imageferry.convert;

import java.io.IOException;
import java.nio.ByteOrder;

/** The metadata of a VHDX: MS-VHDX 2.2 and 2.6, little-endian. GUIDs are written as their bytes are in the file. */
final class VhdxHeader {
    private static final long[] REGION_TABLES = {192 << 10, 256 << 10};
    private static final int TABLE_BYTES = 64 << 10;
    private static final int MAX_ENTRIES = 2047;
    private static final int ENTRY_BYTES = 32;
    private static final String METADATA_REGION = "06a27c8b90479a4bb8fe575f050f886e";
    private static final String FILE_PARAMETERS = "3767a1ca36fa434db3b633f0aa44e76b";
    private static final String DISK_SIZE = "2442a52f1bcd7648b2115dbed83bf4b8";
    private static final String PARENT_LOCATOR = "2d5fd3a80bb34d45abf7d3d84834ab0c";
    private static final int HAS_PARENT = 2;

    private VhdxHeader() {}

    static long virtualBytes(SourceFile file) throws IOException, UnfitSourceException {
        long bytes = -1;
        for (long table : REGION_TABLES) {
            Header regions = Header.read(file, DiskFormat.VHDX, table, TABLE_BYTES, ByteOrder.LITTLE_ENDIAN);
            if (regions.has(0, "regi")) {
                bytes = Math.max(bytes, ofRegions(file, regions));
            }
        }
        if (bytes < 0) {
            throw damaged();
        }
        return bytes;
    }

    /** Readers differ in which copy of the table they take, so each must be harmless. */
    private static long ofRegions(SourceFile file, Header regions) throws IOException, UnfitSourceException {
        long bytes = -1;
        for (int i = 0; i < Math.min(MAX_ENTRIES, regions.uint32(8)); i++) {
            int entry = 16 + i * ENTRY_BYTES;
            if (regions.guid(entry).equals(METADATA_REGION)) {
                bytes = Math.max(bytes, ofMetadata(file, regions.uint64(entry + 16)));
            }
        }
        return bytes;
    }

    private static long ofMetadata(SourceFile file, long offset) throws IOException, UnfitSourceException {
        Header table = Header.read(file, DiskFormat.VHDX, offset, TABLE_BYTES, ByteOrder.LITTLE_ENDIAN);
        if (!table.has(0, "metadata")) {
            throw damaged();
        }
        long bytes = -1;
        for (int i = 0; i < Math.min(MAX_ENTRIES, table.uint16(10)); i++) {
            int entry = 32 + i * ENTRY_BYTES;
            long item = offset + table.uint32(entry + 16);
            switch (table.guid(entry)) {
                case PARENT_LOCATOR -> throw DiskHeaders.refersTo("a parent disk", DiskFormat.VHDX);
                case FILE_PARAMETERS -> {
                    if ((item(file, item).uint32(4) & HAS_PARENT) != 0) {
                        throw DiskHeaders.refersTo("a parent disk", DiskFormat.VHDX);
                    }
                }
                case DISK_SIZE -> bytes = Math.max(bytes, item(file, item).uint64(0));
                default -> {} // says nothing about the size or other files
            }
        }
        return bytes;
    }

    private static Header item(SourceFile file, long offset) throws IOException, UnfitSourceException {
        return Header.read(file, DiskFormat.VHDX, offset, 8, ByteOrder.LITTLE_ENDIAN);
    }

    private static UnfitSourceException damaged() {
        return UnfitSourceException.damaged("the metadata of the VHDX image is damaged", false);
    }
}
