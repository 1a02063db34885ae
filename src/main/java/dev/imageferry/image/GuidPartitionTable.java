package dev.imageferry.image;

import dev.imageferry.image.PartitionTable.Entry;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32;

/**
 * One of the two copies of a GPT (UEFI 2.10, 5.3), validated like in Linux ({@code block/partitions/efi.c}) and libblkid:
 * header checksum, own location, and checksum of the entries.
 *
 * @param usableEndBytes where the area for partitions ends
 */
record GuidPartitionTable(List<Entry> entries, long usableEndBytes) {
    private static final int MIN_HEADER_BYTES = 92;
    private static final int MIN_ENTRY_BYTES = 128;
    private static final int MAX_ENTRY_BYTES = 4096;
    private static final int MAX_ENTRIES = 128;
    private static final int CHECKSUM_OFFSET = 16;
    /** More than any disk has, and small enough to multiply by the size of a sector. */
    private static final long MAX_SECTORS = 1L << 48;

    private static final int[] SECTOR_BYTES = {512, 4096};

    GuidPartitionTable {
        entries = List.copyOf(entries);
    }

    /** The copy in the second sector. */
    static Optional<GuidPartitionTable> primary(DiskWindow head) {
        for (int sectorBytes : SECTOR_BYTES) {
            Optional<GuidPartitionTable> found = read(head, sectorBytes, sectorBytes);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** The copy in the last sector. */
    static Optional<GuidPartitionTable> backup(DiskWindow tail, long diskBytes) {
        for (int sectorBytes : SECTOR_BYTES) {
            if (diskBytes % sectorBytes == 0) {
                Optional<GuidPartitionTable> found = read(tail, diskBytes - sectorBytes, sectorBytes);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Reads the fields of UEFI 2.10, 5.3.2: header size at 12, own sector at 24, first and last usable sector at 40 and 48,
     * sector of the entries at 72, their number at 80, their size at 84.
     */
    private static Optional<GuidPartitionTable> read(DiskWindow window, long headerStart, int sectorBytes) {
        long header = window.offsetOf(headerStart);
        long headerBytes = window.unsignedInt(header + 12);
        long ownSector = window.longAt(header + 24);
        long firstUsable = window.longAt(header + 40);
        long lastUsable = window.longAt(header + 48);
        long entriesSector = window.longAt(header + 72);
        long count = window.unsignedInt(header + 80);
        long entryBytes = window.unsignedInt(header + 84);
        boolean sound = window.has(header, "EFI PART")
                && headerBytes >= MIN_HEADER_BYTES
                && headerBytes <= sectorBytes
                && ownSector == headerStart / sectorBytes
                && firstUsable > 0
                && firstUsable <= lastUsable
                && lastUsable < MAX_SECTORS
                && (ownSector < firstUsable || ownSector > lastUsable)
                && entriesSector > 0
                && entriesSector < MAX_SECTORS
                && entryBytes >= MIN_ENTRY_BYTES
                && entryBytes <= MAX_ENTRY_BYTES;
        if (!sound
                || headerChecksum(window, header, (int) headerBytes) != window.unsignedInt(header + CHECKSUM_OFFSET)) {
            return Optional.empty();
        }
        long table = window.offsetOf(entriesSector * sectorBytes);
        long tableBytes = count * entryBytes;
        if (table < 0
                || tableBytes > window.capturedBytes()
                || !window.isCaptured(table, (int) tableBytes)
                || checksum(window.bytesAt(table, (int) tableBytes)) != window.unsignedInt(header + 88)) {
            return Optional.empty();
        }
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < Math.min(count, MAX_ENTRIES); i++) {
            long offset = table + i * entryBytes;
            byte[] type = window.bytesAt(offset, 16);
            long first = window.longAt(offset + 32);
            long last = window.longAt(offset + 40);
            if (!DiskProbe.isZero(type, type.length) && first >= 1 && last >= first && last < MAX_SECTORS) {
                entries.add(new Entry(i + 1, first * sectorBytes, (last - first + 1) * sectorBytes, guid(type)));
            }
        }
        return Optional.of(new GuidPartitionTable(entries, (lastUsable + 1) * sectorBytes));
    }

    /** The checksum field counts as zero. */
    private static long headerChecksum(DiskWindow window, long header, int headerBytes) {
        byte[] bytes = window.bytesAt(header, headerBytes);
        for (int i = 0; i < Integer.BYTES; i++) {
            bytes[CHECKSUM_OFFSET + i] = 0;
        }
        return checksum(bytes);
    }

    private static long checksum(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return crc.getValue();
    }

    /** The first three groups are little-endian, the last two are not. */
    private static String guid(byte[] bytes) {
        byte[] ordered = {
            bytes[3], bytes[2], bytes[1], bytes[0], bytes[5], bytes[4], bytes[7], bytes[6],
            bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
        };
        long high = HexFormat.fromHexDigitsToLong(HexFormat.of().formatHex(ordered, 0, 8));
        long low = HexFormat.fromHexDigitsToLong(HexFormat.of().formatHex(ordered, 8, 16));
        return new UUID(high, low).toString();
    }
}
