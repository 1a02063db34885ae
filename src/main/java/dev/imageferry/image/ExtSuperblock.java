package dev.imageferry.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The superblock of an ext2, ext3 or ext4 file system: Linux {@code fs/ext4/ext4.h}, {@code struct ext4_super_block}, 1,024 bytes at
 * 1,024. Numbers of blocks count from the start of the file system.
 *
 * @param blockBytes 1,024 to 65,536
 * @param blocks all blocks
 * @param freeBlocks what the superblock says; the bitmaps can differ after a crash
 * @param uncleanOrNull why the bitmaps can be outdated; null if the file system was unmounted cleanly
 */
public record ExtSuperblock(
        int blockBytes,
        long blocks,
        long freeBlocks,
        @Nullable String uncleanOrNull,
        Groups groups) {
    /** Where it is in the file system. */
    public static final int OFFSET = 1024;

    public static final int BYTES = 1024;

    private static final int MAGIC = 0xef53;
    private static final int MAX_LOG_BLOCK_BYTES = 6;

    private static final int STATE_VALID = 0x1;
    private static final int STATE_ERRORS = 0x2;

    private static final long COMPATIBLE_SPARSE_SUPER2 = 0x200;
    private static final long INCOMPATIBLE_RECOVER = 0x4;
    private static final long INCOMPATIBLE_JOURNAL_DEVICE = 0x8;
    private static final long INCOMPATIBLE_META_GROUPS = 0x10;
    private static final long INCOMPATIBLE_64_BIT = 0x80;
    private static final long READ_ONLY_SPARSE_SUPER = 0x1;
    private static final long READ_ONLY_ORPHANS = 0x10000;

    private static final int SHORT_DESCRIPTOR_BYTES = 32;

    /**
     * The groups of blocks, some of which begin with copies of the superblock and of group descriptors.
     *
     * @param firstBlock the first block of the first group
     * @param descriptorsPerBlock how many groups a block of descriptors describes
     * @param metaFrom the first block of descriptors that is in the groups that it describes ({@code meta_bg})
     * @param sparse whether only the groups 1 and powers of 3, 5 and 7 have copies
     * @param backupsOrNull the groups with copies ({@code sparse_super2}); null for the others
     */
    record Groups(
            long firstBlock,
            long blocksPerGroup,
            long descriptorsPerBlock,
            long metaFrom,
            boolean sparse,
            @Nullable List<Long> backupsOrNull) {
        private boolean hasBackup(long group) {
            if (backupsOrNull != null) {
                return backupsOrNull.contains(group);
            }
            return !sparse || group <= 1 || isPower(group, 3) || isPower(group, 5) || isPower(group, 7);
        }

        private static boolean isPower(long number, int base) {
            long power = base;
            while (power < number) {
                power *= base;
            }
            return power == number;
        }
    }

    /**
     * Consecutive blocks.
     *
     * @param first counts from the start of the file system
     */
    public record Blocks(long first, long count) {}

    /**
     * Reads a superblock.
     *
     * @param bytes from {@link #OFFSET} on
     * @return empty if it is none, or has impossible numbers, or is that of a journal
     */
    public static Optional<ExtSuperblock> of(byte[] bytes) {
        DiskWindow window = new DiskWindow(0, BYTES);
        window.absorb(0, bytes, Math.min(BYTES, bytes.length));
        long logBlockBytes = window.unsignedInt(0x18);
        long incompatible = window.unsignedInt(0x60);
        if (!window.isFull()
                || window.unsignedShort(0x38) != MAGIC
                || logBlockBytes > MAX_LOG_BLOCK_BYTES
                || (incompatible & INCOMPATIBLE_JOURNAL_DEVICE) != 0) {
            return Optional.empty();
        }
        int blockBytes = 1024 << logBlockBytes;
        boolean wide = (incompatible & INCOMPATIBLE_64_BIT) != 0;
        long blocks = window.unsignedInt(0x4) | (wide ? window.unsignedInt(0x150) << 32 : 0);
        long freeBlocks = window.unsignedInt(0xc) | (wide ? window.unsignedInt(0x158) << 32 : 0);
        long blocksPerGroup = window.unsignedInt(0x20);
        int descriptorBytes = wide ? window.unsignedShort(0xfe) : SHORT_DESCRIPTOR_BYTES;
        if (blocks <= 0
                || blocks > Long.MAX_VALUE / blockBytes
                || freeBlocks < 0
                || freeBlocks > blocks
                || blocksPerGroup == 0
                || descriptorBytes < SHORT_DESCRIPTOR_BYTES
                || descriptorBytes > blockBytes) {
            return Optional.empty();
        }
        boolean metaGroups = (incompatible & INCOMPATIBLE_META_GROUPS) != 0;
        boolean fewBackups = (window.unsignedInt(0x5c) & COMPATIBLE_SPARSE_SUPER2) != 0;
        return Optional.of(new ExtSuperblock(
                blockBytes,
                blocks,
                freeBlocks,
                unclean(window),
                new Groups(
                        window.unsignedInt(0x14),
                        blocksPerGroup,
                        blockBytes / descriptorBytes,
                        metaGroups ? window.unsignedInt(0x104) : Long.MAX_VALUE,
                        (window.unsignedInt(0x64) & READ_ONLY_SPARSE_SUPER) != 0,
                        fewBackups ? List.of(window.unsignedInt(0x24c), window.unsignedInt(0x250)) : null)));
    }

    private static @Nullable String unclean(DiskWindow window) {
        int state = window.unsignedShort(0x3a);
        if ((window.unsignedInt(0x60) & INCOMPATIBLE_RECOVER) != 0) {
            return "its journal has not been replayed";
        }
        if ((state & STATE_ERRORS) != 0) {
            return "it is marked as damaged";
        }
        if ((state & STATE_VALID) == 0) {
            return "it was not unmounted cleanly";
        }
        boolean orphans = window.unsignedInt(0xe8) != 0 || (window.unsignedInt(0x64) & READ_ONLY_ORPHANS) != 0;
        return orphans ? "it has files that were deleted while they were open" : null;
    }

    /** The size of the file system. */
    public long bytes() {
        return blocks * blockBytes;
    }

    public long freeBytes() {
        return freeBlocks * blockBytes;
    }

    /** The copies of the superblock and of the group descriptors after the first group, which no inode holds. */
    public List<Blocks> backups() {
        List<Blocks> backups = new ArrayList<>();
        long count = Math.ceilDiv(blocks - groups.firstBlock(), groups.blocksPerGroup());
        long descriptorBlocks = Math.min(Math.ceilDiv(count, groups.descriptorsPerBlock()), groups.metaFrom());
        for (long group = 1; group < count; group++) {
            long first = groups.firstBlock() + group * groups.blocksPerGroup();
            boolean superblock = groups.hasBackup(group);
            long descriptors = superblock ? descriptorBlocks : 0;
            if (group / groups.descriptorsPerBlock() >= groups.metaFrom()) {
                long place = group % groups.descriptorsPerBlock();
                descriptors = place <= 1 || place == groups.descriptorsPerBlock() - 1 ? 1 : 0;
            }
            long length = Math.min(descriptors + (superblock ? 1 : 0), blocks - first);
            if (length > 0) {
                backups.add(new Blocks(first, length));
            }
        }
        return backups;
    }
}
