package dev.imageferry.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The partition table of a disk: an MBR (UEFI 2.10, 5.2.1: entries of 16 bytes at 446, signature at 510; 5.2.3: protective
 * MBR with type EE) or a GPT ({@link GuidPartitionTable}). The chain of logical partitions is read as in Linux
 * ({@code block/partitions/msdos.c}).
 *
 * @param entries in the order of the table; only the primary ones of an MBR
 * @param usableEndBytes where the area for partitions of a GPT ends; 0 for other tables
 */
record PartitionTable(Kind kind, List<Entry> entries, long usableEndBytes) {
    private static final int SECTOR_BYTES = 512;
    private static final int MBR_TABLE_OFFSET = 446;
    private static final int MBR_ENTRY_BYTES = 16;
    private static final int MBR_ENTRIES = 4;
    private static final String PROTECTIVE = "ee";
    private static final List<String> EXTENDED = List.of("05", "0f", "85");

    private static final PartitionTable NO_TABLE = new PartitionTable(Kind.NONE, List.of(), 0);

    PartitionTable {
        entries = List.copyOf(entries);
    }

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
     * @param number as in the kernel
     * @param type two hex digits (MBR) or a GUID in lower case (GPT)
     */
    record Entry(int number, long startBytes, long bytes, String type) {
        boolean isExtended() {
            return EXTENDED.contains(type);
        }

        /** Covers the whole disk, so that tools without GPT support find no free space. */
        boolean isProtective() {
            return type.equals(PROTECTIVE);
        }
    }

    /**
     * One link of the chain of logical partitions.
     *
     * @param nextStartBytes of the next link; 0 for none
     */
    record Link(Optional<Entry> logical, long nextStartBytes) {}

    /** @param head the disk from its first byte */
    static PartitionTable read(DiskWindow head) {
        if (!hasBootSignature(head) || DosFilesystems.find(head).isPresent()) {
            return NO_TABLE;
        }
        List<Entry> primary = new ArrayList<>();
        for (int i = 0; i < MBR_ENTRIES; i++) {
            int offset = MBR_TABLE_OFFSET + i * MBR_ENTRY_BYTES;
            int status = head.unsignedByte(offset);
            if (status != 0 && status != 0x80) {
                // Boot code that ends in 55 AA by chance.
                return NO_TABLE;
            }
            mbrEntry(head, offset, i + 1, 0).ifPresent(primary::add);
        }
        PartitionTable mbr = new PartitionTable(primary.isEmpty() ? Kind.NONE : Kind.MBR, primary, 0);
        return mbr.announcesGpt()
                ? GuidPartitionTable.primary(head).map(PartitionTable::of).orElse(mbr)
                : mbr;
    }

    static PartitionTable of(GuidPartitionTable table) {
        return new PartitionTable(Kind.GPT, table.entries(), table.usableEndBytes());
    }

    /** Whether it is the protective MBR of a GPT whose primary header is invalid. */
    boolean announcesGpt() {
        return kind == Kind.MBR && entries.stream().anyMatch(Entry::isProtective);
    }

    /**
     * Reads an extended boot record. The first entry is a logical partition, relative to this record. The second entry is
     * the next record, relative to the start of the extended partition.
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
}
