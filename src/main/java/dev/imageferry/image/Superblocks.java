package dev.imageferry.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Recognises file systems, volume managers and swap by their superblocks, and names them like blkid (util-linux 2.38). Each
 * reader names the source of its offsets, which are relative to the start of the volume.
 */
final class Superblocks {
    /** A UFS superblock can be at 256 KiB, with its magic at 1,372. */
    static final int WINDOW_BYTES = 258 * 1024;

    private static final long EXT3_INCOMPATIBLE = 0x2 | 0x4 | 0x10; // filetype, recover, meta_bg
    private static final long EXT3_READ_ONLY_COMPATIBLE = 0x1 | 0x2 | 0x4; // sparse_super, large_file, btree_dir
    private static final long EXT_HAS_JOURNAL = 0x4;
    private static final long EXT_JOURNAL_DEVICE = 0x8;
    private static final int[] SWAP_PAGE_BYTES = {4096, 8192, 16384, 32768, 65536};

    private static final int NILFS_CHECKSUM_OFFSET = 16;
    private static final int NILFS_MAX_BYTES = 1024;

    private static final int[] UFS_SUPERBLOCKS = {0, 8 * 1024, 64 * 1024, 256 * 1024};
    private static final int UFS_MAGIC_OFFSET = 1372;
    private static final long UFS2_MAGIC = 0x19540119L;
    /** UFS2, UFS1, and UFS1 with fast expansion, long file names, security, and more than 4 GiB. */
    private static final Set<Long> UFS_MAGICS =
            Set.of(UFS2_MAGIC, 0x00011954L, 0x00195612L, 0x00095014L, 0x00612195L, 0x05231994L);

    /** Containers first, because their content can have the magic of something else. */
    private static final List<Function<DiskWindow, Optional<Filesystem>>> READERS = List.of(
            Superblocks::luks,
            Superblocks::lvm,
            Superblocks::raid,
            DosFilesystems::find,
            Superblocks::swap,
            Superblocks::xfs,
            Superblocks::ext,
            Superblocks::f2fs,
            Superblocks::erofs,
            Superblocks::btrfs,
            Superblocks::squashfs,
            Superblocks::nilfs,
            Superblocks::ufs);

    private Superblocks() {}

    static Optional<Filesystem> find(DiskWindow window) {
        return READERS.stream().flatMap(reader -> reader.apply(window).stream()).findFirst();
    }

    /**
     * Linux {@code fs/ext4/ext4.h}, {@code struct ext4_super_block} at 1,024. The features determine the type, as in
     * {@code EXT3_FEATURE_*} there and in libblkid's {@code superblocks/ext.c}.
     */
    private static Optional<Filesystem> ext(DiskWindow window) {
        if (window.unsignedShort(0x438) != 0xef53) {
            return Optional.empty();
        }
        long compatible = window.unsignedInt(0x45c);
        long incompatible = window.unsignedInt(0x460);
        long readOnlyCompatible = window.unsignedInt(0x464);
        String type;
        if ((incompatible & EXT_JOURNAL_DEVICE) != 0) {
            type = "jbd";
        } else if ((incompatible & ~EXT3_INCOMPATIBLE) != 0 || (readOnlyCompatible & ~EXT3_READ_ONLY_COMPATIBLE) != 0) {
            type = "ext4";
        } else {
            type = (compatible & EXT_HAS_JOURNAL) != 0 ? "ext3" : "ext2";
        }
        return filesystem(type, label(window, 0x478, 16), uuid(window, 0x468));
    }

    /** Linux {@code fs/xfs/libxfs/xfs_format.h}, {@code struct xfs_dsb} at 0, big-endian. */
    private static Optional<Filesystem> xfs(DiskWindow window) {
        long blockBytes = window.unsignedIntBigEndian(4);
        if (!window.has(0, "XFSB") || blockBytes < 512 || blockBytes > 65536) {
            return Optional.empty();
        }
        return filesystem("xfs", label(window, 108, 12), uuid(window, 32));
    }

    /** Linux {@code uapi/linux/btrfs_tree.h}, {@code struct btrfs_super_block} at 64 KiB. */
    private static Optional<Filesystem> btrfs(DiskWindow window) {
        if (!window.has(0x10040, "_BHRfS_M")) {
            return Optional.empty();
        }
        return filesystem("btrfs", label(window, 0x1012b, 256), uuid(window, 0x10020));
    }

    /** Linux {@code include/linux/swap.h}, {@code union swap_header}: magic at the end of the first page, label and UUID after 1 KiB. */
    private static Optional<Filesystem> swap(DiskWindow window) {
        for (int pageBytes : SWAP_PAGE_BYTES) {
            if (window.has(pageBytes - 10, "SWAPSPACE2")) {
                return filesystem("swap", label(window, 1052, 16), uuid(window, 1036));
            }
            if (window.has(pageBytes - 10, "SWAP-SPACE")) {
                return filesystem("swap", null, null);
            }
        }
        return Optional.empty();
    }

    /** LUKS1 On-Disk Format Specification 1.2.3, 2.1, and LUKS2 1.1.0, 2.1; UUID at 168 in both. */
    private static Optional<Filesystem> luks(DiskWindow window) {
        if (!window.has(0, "LUKS\u00ba\u00be")) {
            return Optional.empty();
        }
        boolean hasLabel = window.unsignedByte(7) >= 2; // the low byte of a big-endian version
        return filesystem(
                "crypto_LUKS", hasLabel ? label(window, 24, 48) : null, Printable.field(window.bytesAt(168, 40)));
    }

    /**
     * LVM2 {@code lib/format_text/layout.h}, {@code struct label_header} in one of the first four sectors, and the
     * {@code pv_header} that it points to.
     */
    private static Optional<Filesystem> lvm(DiskWindow window) {
        for (int label = 0; label < 4 * 512; label += 512) {
            if (window.has(label, "LABELONE") && window.has(label + 24, "LVM2 001")) {
                long uuid = label + window.unsignedInt(label + 20);
                return filesystem("LVM2_member", null, lvmUuid(Printable.field(window.bytesAt(uuid, 32))));
            }
        }
        return Optional.empty();
    }

    private static @Nullable String lvmUuid(@Nullable String letters) {
        return letters == null
                ? null
                : letters.replaceFirst("^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$", "$1-$2-$3-$4-$5-$6-$7");
    }

    /**
     * Linux {@code uapi/linux/raid/md_p.h}, {@code struct mdp_superblock_1}. Metadata 1.1 is at the start and 1.2 at 4 KiB. That
     * of 0.90 and 1.0 is at the end of the volume and not read.
     */
    private static Optional<Filesystem> raid(DiskWindow window) {
        for (int superblock : new int[] {0, 4096}) {
            if (window.unsignedInt(superblock) == 0xa92b4efcL && window.unsignedInt(superblock + 4) == 1) {
                return filesystem(
                        "linux_raid_member", label(window, superblock + 32, 32), uuid(window, superblock + 16));
            }
        }
        return Optional.empty();
    }

    /** Linux {@code include/linux/f2fs_fs.h}, {@code struct f2fs_super_block} at 1,024. */
    private static Optional<Filesystem> f2fs(DiskWindow window) {
        if (window.unsignedInt(1024) != 0xf2f52010L) {
            return Optional.empty();
        }
        String label = Printable.field(window.bytesAt(1024 + 0x7c, 1024), StandardCharsets.UTF_16LE);
        return filesystem("f2fs", label, uuid(window, 1024 + 0x6c));
    }

    /** Linux {@code fs/erofs/erofs_fs.h}, {@code struct erofs_super_block} at 1,024. */
    private static Optional<Filesystem> erofs(DiskWindow window) {
        if (window.unsignedInt(1024) != 0xe0f5e1e2L) {
            return Optional.empty();
        }
        return filesystem("erofs", label(window, 1024 + 64, 16), uuid(window, 1024 + 48));
    }

    /** Linux {@code fs/squashfs/squashfs_fs.h}, {@code struct squashfs_super_block}: the major version at 28. */
    private static Optional<Filesystem> squashfs(DiskWindow window) {
        if (!window.has(0, "hsqs")) {
            return Optional.empty();
        }
        return filesystem(window.unsignedShort(28) >= 4 ? "squashfs" : "squashfs3", null, null);
    }

    /**
     * Linux {@code uapi/linux/nilfs2_ondisk.h}, {@code struct nilfs_super_block} at 1,024. A magic of two bytes is weak, so the
     * checksum at 16 must match. The copy at the end of the volume is not read.
     */
    private static Optional<Filesystem> nilfs(DiskWindow window) {
        int superblock = 1024;
        int length = window.unsignedShort(superblock + 8);
        if (window.unsignedShort(superblock + 6) != 0x3434
                || length <= NILFS_CHECKSUM_OFFSET + Integer.BYTES
                || length > NILFS_MAX_BYTES
                || nilfsChecksum(window.bytesAt(superblock, length), window.unsignedInt(superblock + 12))
                        != window.unsignedInt(superblock + NILFS_CHECKSUM_OFFSET)) {
            return Optional.empty();
        }
        return filesystem("nilfs2", label(window, superblock + 168, 80), uuid(window, superblock + 152));
    }

    /**
     * Linux {@code crc32_le} with a seed and without inversion, which {@link java.util.zip.CRC32} does not support. The checksum
     * field counts as zero.
     */
    private static long nilfsChecksum(byte[] bytes, long seed) {
        Arrays.fill(bytes, NILFS_CHECKSUM_OFFSET, NILFS_CHECKSUM_OFFSET + Integer.BYTES, (byte) 0);
        int crc = (int) seed;
        for (byte each : bytes) {
            crc ^= each & 0xff;
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : 0xedb88320);
            }
        }
        return Integer.toUnsignedLong(crc);
    }

    /**
     * FreeBSD {@code sys/ufs/ffs/fs.h}, {@code struct fs}: block and fragment size at 48, id at 144, label at 680 (UFS2), magic at
     * 1,372, in the byte order of the machine that created it. It is at 8 KiB (UFS1), 64 KiB (UFS2), 0 (floppies) or 256 KiB
     * (large boot loaders). The order of offsets and magics is from libblkid's {@code superblocks/ufs.c}.
     */
    private static Optional<Filesystem> ufs(DiskWindow window) {
        for (int superblock : UFS_SUPERBLOCKS) {
            boolean bigEndian = UFS_MAGICS.contains(window.unsignedIntBigEndian(superblock + UFS_MAGIC_OFFSET));
            if (bigEndian || UFS_MAGICS.contains(window.unsignedInt(superblock + UFS_MAGIC_OFFSET))) {
                UfsNumbers numbers = offset -> bigEndian
                        ? window.unsignedIntBigEndian(superblock + offset)
                        : window.unsignedInt(superblock + offset);
                long blockBytes = numbers.at(48);
                long fragmentBytes = numbers.at(52);
                if (fragmentBytes >= 512 && fragmentBytes <= blockBytes && blockBytes <= 65536) {
                    boolean second = numbers.at(UFS_MAGIC_OFFSET) == UFS2_MAGIC;
                    long high = numbers.at(144);
                    long low = numbers.at(148);
                    return filesystem(
                            "ufs",
                            second ? label(window, superblock + 680, 32) : null,
                            high == 0 && low == 0 ? null : String.format(Locale.ROOT, "%08x%08x", high, low));
                }
            }
        }
        return Optional.empty();
    }

    /** The numbers of a superblock in its byte order. */
    private interface UfsNumbers {
        long at(int offset);
    }

    private static Optional<Filesystem> filesystem(String type, @Nullable String label, @Nullable String uuid) {
        return Optional.of(new Filesystem(type, label, uuid));
    }

    private static @Nullable String label(DiskWindow window, long offset, int length) {
        return Printable.field(window.bytesAt(offset, length));
    }

    private static @Nullable String uuid(DiskWindow window, long offset) {
        return Filesystem.uuid(window.bytesAt(offset, 16));
    }
}
