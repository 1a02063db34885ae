package dev.imageferry.image;

import java.util.OptionalLong;

/**
 * The size of a disk according to the partition table or file system in its first MiB. Used in the error message for a disk
 * that was read only up to the limit.
 */
public final class DeclaredSize {
    private static final int SECTOR_BYTES = 512;
    private static final long EXT_64_BIT = 0x80;
    private static final int MAX_EXT_BLOCK_SHIFT = 6;

    private DeclaredSize() {}

    /** The size in bytes; empty if it is unknown or impossible. */
    static OptionalLong of(DiskWindow head, PartitionTable table) {
        long bytes = switch (table.kind()) {
            case GPT -> gpt(head);
            case MBR ->
                table.entries().stream()
                        .mapToLong(entry -> entry.startBytes() + entry.bytes())
                        .max()
                        .orElse(0);
            case NONE -> filesystem(head);
        };
        return bytes > 0 ? OptionalLong.of(bytes) : OptionalLong.empty();
    }

    /**
     * As {@link #of(DiskWindow, PartitionTable)}.
     *
     * @param head the first bytes of the disk, up to {@value DiskProbe#HEAD_BYTES}
     */
    public static OptionalLong of(byte[] head) {
        DiskWindow window = new DiskWindow(0, head.length);
        window.absorb(0, head, head.length);
        return of(window, PartitionTable.read(window));
    }

    /** UEFI 2.10, 5.3.2: the sector of the backup header, which is the last one, is at 32. */
    private static long gpt(DiskWindow head) {
        long sectorBytes = head.has(SECTOR_BYTES, "EFI PART") ? SECTOR_BYTES : 8 * SECTOR_BYTES;
        return product(head.longAt(sectorBytes + 32) + 1, sectorBytes);
    }

    private static long filesystem(DiskWindow head) {
        return Superblocks.find(head)
                .map(found -> switch (found.type()) {
                    case "ext2", "ext3", "ext4" -> ext(head);
                    case "xfs" -> xfs(head);
                    case "btrfs" -> head.longAt(0x10070); // total_bytes, Linux uapi/linux/btrfs_tree.h
                    default -> 0L;
                })
                .orElse(0L);
    }

    /** Linux {@code fs/ext4/ext4.h}: number of blocks at 0x404 and, with 64bit, 0x550; block size is 1,024 shifted by 0x418. */
    private static long ext(DiskWindow head) {
        long shift = head.unsignedInt(0x418);
        boolean wide = (head.unsignedInt(0x460) & EXT_64_BIT) != 0;
        long blocks = head.unsignedInt(0x404) | (wide ? head.unsignedInt(0x550) << 32 : 0);
        return shift > MAX_EXT_BLOCK_SHIFT ? 0 : product(blocks, 1024L << shift);
    }

    /** Linux {@code fs/xfs/libxfs/xfs_format.h}: block size at 4, number of blocks at 8, big-endian. */
    private static long xfs(DiskWindow head) {
        long blocks = head.unsignedIntBigEndian(8) << 32 | head.unsignedIntBigEndian(12);
        return product(blocks, head.unsignedIntBigEndian(4));
    }

    private static long product(long count, long bytes) {
        return count > 0 && count <= Long.MAX_VALUE / bytes ? count * bytes : 0;
    }
}
