package dev.imageferry.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Recognises FAT, exFAT and NTFS, whose boot sectors end in 55 AA like an MBR. Offsets are from Microsoft's FAT
 * specification 1.03, its exFAT specification and the NTFS boot sector. The labels of exFAT and NTFS are not read, because
 * they are files inside the volume.
 */
final class DosFilesystems {
    private static final int ROOT_ENTRY_BYTES = 32;
    private static final int ATTRIBUTE_VOLUME_ID = 0x08;
    private static final int ATTRIBUTE_LONG_NAME = 0x0f;
    private static final int DELETED = 0xe5;
    private static final int LABEL_BYTES = 11;

    private DosFilesystems() {}

    static Optional<Filesystem> find(DiskWindow window) {
        if (!PartitionTable.hasBootSignature(window)) {
            return Optional.empty();
        }
        if (window.has(3, "EXFAT   ")) {
            return Optional.of(new Filesystem("exfat", null, Filesystem.serial(window.unsignedInt(100))));
        }
        if (window.has(3, "NTFS    ")) {
            long serial = window.longAt(0x48);
            return Optional.of(
                    new Filesystem("ntfs", null, serial == 0 ? null : String.format(Locale.ROOT, "%016X", serial)));
        }
        return hasFatParameters(window) ? Optional.of(fat(window)) : Optional.empty();
    }

    /** Validates the BIOS parameter block, because the boot code of an MBR begins with the same jump. */
    private static boolean hasFatParameters(DiskWindow window) {
        int jump = window.unsignedByte(0);
        int sectorBytes = window.unsignedShort(11);
        int clusterSectors = window.unsignedByte(13);
        int fats = window.unsignedByte(16);
        int media = window.unsignedByte(21);
        return (jump == 0xeb || jump == 0xe9)
                && sectorBytes >= 512
                && sectorBytes <= 4096
                && Integer.bitCount(sectorBytes) == 1
                && Integer.bitCount(clusterSectors) == 1
                && window.unsignedShort(14) > 0
                && fats >= 1
                && fats <= 4
                && (media == 0xf0 || media >= 0xf8)
                && (window.unsignedShort(19) > 0 || window.unsignedInt(32) > 0)
                && (window.unsignedShort(22) > 0 || window.unsignedInt(36) > 0);
    }

    private static Filesystem fat(DiskWindow window) {
        boolean fat32 = window.unsignedShort(22) == 0;
        String uuid = Filesystem.serial(window.unsignedInt(fat32 ? 0x43 : 0x27));
        String label = rootLabel(window, fat32);
        return new Filesystem("vfat", label == null ? bootLabel(window, fat32 ? 0x47 : 0x2b) : label, uuid);
    }

    /** The label in the root directory, which takes precedence over that in the boot sector. */
    private static @Nullable String rootLabel(DiskWindow window, boolean fat32) {
        long sectorBytes = window.unsignedShort(11);
        long clusterSectors = window.unsignedByte(13);
        long fatSectors = fat32 ? window.unsignedInt(36) : window.unsignedShort(22);
        long rootSector = window.unsignedShort(14) + window.unsignedByte(16) * fatSectors;
        long entries = window.unsignedShort(17);
        if (fat32) {
            rootSector += (window.unsignedInt(44) - 2) * clusterSectors;
            entries = clusterSectors * sectorBytes / ROOT_ENTRY_BYTES;
        }
        long entry = rootSector * sectorBytes;
        for (long i = 0; i < entries && window.isCaptured(entry, ROOT_ENTRY_BYTES); i++) {
            int first = window.unsignedByte(entry);
            int attributes = window.unsignedByte(entry + LABEL_BYTES);
            if (first == 0) {
                return null;
            }
            if (first != DELETED
                    && (attributes & ATTRIBUTE_LONG_NAME) != ATTRIBUTE_LONG_NAME
                    && (attributes & ATTRIBUTE_VOLUME_ID) != 0) {
                return Printable.field(window.bytesAt(entry, LABEL_BYTES));
            }
            entry += ROOT_ENTRY_BYTES;
        }
        return null;
    }

    private static @Nullable String bootLabel(DiskWindow window, int offset) {
        byte[] label = window.bytesAt(offset, LABEL_BYTES);
        byte[] none = "NO NAME    ".getBytes(StandardCharsets.US_ASCII);
        return Arrays.equals(label, none) ? null : Printable.field(label);
    }
}
