package dev.imageferry.image;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * The table at the start of a disk: MBR and GPT as UEFI 2.10 has them, in 5.2.1 (entries of 16 bytes from 446 on, the
 * signature at 510; 5.2.3 for the protective one, type EE) and in 5.3; the chain of logical partitions as Linux reads it in
 * {@code block/partitions/msdos.c}.
 *
 * @param entries in its order; of an MBR the primary ones
 */
record PartitionTable(Kind kind, List<Entry> entries) {
    private static final int SECTOR_BYTES = 512;
    private static final int MBR_TABLE_OFFSET = 446;
    private static final int MBR_ENTRY_BYTES = 16;
    private static final int MBR_ENTRIES = 4;
    private static final String PROTECTIVE = "ee";
    private static final List<String> EXTENDED = List.of("05", "0f", "85");
    private static final int MAX_GPT_ENTRIES = 128;
    /** More sectors than any disk has, few enough to be multiplied by a sector's size. */
    private static final long MAX_SECTORS = 1L << 48;

    PartitionTable {
        entries = List.copyOf(entries);
    }

    /** What kind of table. */
    enum Kind {
        NONE("none"),
        MBR("MBR"),
        GPT("GPT");

        private final String shown;

        Kind(String shown) {
            this.shown = shown;
        }

        @Override
        public String toString() {
            return shown;
        }
    }

    /**
     * One partition.
     *
     * @param number as the kernel counts
     * @param type two hex digits (MBR) or a GUID in lower case (GPT)
     */
    record Entry(int number, long startBytes, long bytes, String type) {
        boolean isExtended() {
            return EXTENDED.contains(type);
        }
    }

    /**
     * One link of the chain of logical partitions.
     *
     * @param nextStartBytes of the next link; 0 for none
     */
    record Link(Optional<Entry> logical, long nextStartBytes) {}

    /** Reads the table, if there is one; {@code head} is the disk from its first byte. */
    static PartitionTable read(DiskWindow head) {
        if (!hasBootSignature(head) || DosFilesystems.find(head).isPresent()) {
            return new PartitionTable(Kind.NONE, List.of());
        }
        List<Entry> primary = new ArrayList<>();
        for (int i = 0; i < MBR_ENTRIES; i++) {
            int offset = MBR_TABLE_OFFSET + i * MBR_ENTRY_BYTES;
            int status = head.unsignedByte(offset);
            if (status != 0 && status != 0x80) {
                // Boot code that happens to end in 55 AA.
                return new PartitionTable(Kind.NONE, List.of());
            }
            mbrEntry(head, offset, i + 1, 0).ifPresent(primary::add);
        }
        if (primary.stream().anyMatch(entry -> entry.type().equals(PROTECTIVE))) {
            for (int sectorBytes : new int[] {SECTOR_BYTES, 8 * SECTOR_BYTES}) {
                if (head.has(sectorBytes, "EFI PART")) {
                    return new PartitionTable(Kind.GPT, gptEntries(head, sectorBytes));
                }
            }
        }
        return new PartitionTable(primary.isEmpty() ? Kind.NONE : Kind.MBR, primary);
    }

    /**
     * Reads an extended boot record: its first entry is a logical partition, counted from the record itself; its second
     * the next record, counted from the extended partition's start.
     */
    static Link readLink(DiskWindow record, long recordStart, long extendedStart, int number) {
        if (!hasBootSignature(record)) {
            return new Link(Optional.empty(), 0);
        }
        Optional<Entry> logical = mbrEntry(record, MBR_TABLE_OFFSET, number, recordStart)
                .filter(entry -> entry.startBytes() > recordStart && !entry.isExtended());
        long next = mbrEntry(record, MBR_TABLE_OFFSET + MBR_ENTRY_BYTES, number, extendedStart)
                .filter(Entry::isExtended)
                .map(Entry::startBytes)
                .orElse(0L);
        return new Link(logical, next);
    }

    static boolean hasBootSignature(DiskWindow sector) {
        return sector.unsignedShort(510) == 0xaa55;
    }

    private static Optional<Entry> mbrEntry(DiskWindow sector, int offset, int number, long base) {
        int type = sector.unsignedByte(offset + 4);
        long start = sector.unsignedInt(offset + 8);
        long sectors = sector.unsignedInt(offset + 12);
        if (type == 0 || sectors == 0) {
            return Optional.empty();
        }
        String hex = String.format(Locale.ROOT, "%02x", type);
        return Optional.of(new Entry(number, base + start * SECTOR_BYTES, sectors * SECTOR_BYTES, hex));
    }

    /** UEFI 2.10, 5.3.2: entry table's block at 72, number of entries at 80, bytes of each at 84. */
    private static List<Entry> gptEntries(DiskWindow head, int header) {
        int sectorBytes = header;
        long table = head.longAt(header + 72);
        long count = Math.min(head.unsignedInt(header + 80), MAX_GPT_ENTRIES);
        long entryBytes = head.unsignedInt(header + 84);
        List<Entry> entries = new ArrayList<>();
        if (table < 1 || table > MAX_SECTORS || entryBytes < 128) {
            return entries;
        }
        for (int i = 0; i < count; i++) {
            long offset = table * sectorBytes + i * entryBytes;
            byte[] type = head.bytesAt(offset, 16);
            long first = head.longAt(offset + 32);
            long last = head.longAt(offset + 40);
            if (!DiskProbe.isZero(type, type.length) && first >= 1 && last >= first && last < MAX_SECTORS) {
                entries.add(new Entry(i + 1, first * sectorBytes, (last - first + 1) * sectorBytes, guid(type)));
            }
        }
        return entries;
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
