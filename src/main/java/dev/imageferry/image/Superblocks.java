package dev.imageferry.image;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Knows file systems, volume managers and swap by their superblocks, and names them as blkid (util-linux 2.38) does.
 * Each reader names the source of its offsets; they count from the volume's start, and numbers in code are hexadecimal
 * where the source's are.
 */
final class Superblocks {
    /** Enough of a volume's beginning: btrfs keeps its superblock at 64 KiB, in 4 KiB. */
    static final int WINDOW_BYTES = 132 * 1024;

    private static final long EXT3_INCOMPATIBLE = 0x2 | 0x4 | 0x10; // filetype, recover, meta_bg
    private static final long EXT3_READ_ONLY_COMPATIBLE = 0x1 | 0x2 | 0x4; // sparse_super, large_file, btree_dir
    private static final long EXT_HAS_JOURNAL = 0x4;
    private static final long EXT_JOURNAL_DEVICE = 0x8;
    private static final int[] SWAP_PAGE_BYTES = {4096, 8192, 16384, 32768, 65536};

    /** Containers first: what is inside them may begin with the magic of something else. */
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
            Superblocks::ufs);

    private Superblocks() {}

    static Optional<Filesystem> find(DiskWindow window) {
        return READERS.stream().flatMap(reader -> reader.apply(window).stream()).findFirst();
    }

    /** Linux {@code fs/ext4/ext4.h}, {@code struct ext4_super_block} at 1,024; which features make which type: {@code EXT3_FEATURE_*}
     * there and libblkid's {@code superblocks/ext.c}. */
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

    /** Linux {@code include/linux/swap.h}, {@code union swap_header}: the magic ends the first page, label and UUID follow 1 KiB. */
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

    /** The LUKS1 On-Disk Format Specification 1.2.3, 2.1, and the LUKS2 one 1.1.0, 2.1; UUID at 168 in both. */
    private static Optional<Filesystem> luks(DiskWindow window) {
        if (!window.has(0, "LUKS\u00ba\u00be")) {
            return Optional.empty();
        }
        boolean hasLabel = window.unsignedByte(7) >= 2; // the low byte of a big-endian version
        return filesystem(
                "crypto_LUKS", hasLabel ? label(window, 24, 48) : null, Printable.field(window.bytesAt(168, 40)));
    }

    /** LVM2 {@code lib/format_text/layout.h}, {@code struct label_header} in one of the first four sectors, and the
     * {@code pv_header} that it points to. */
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

    /** Linux {@code uapi/linux/raid/md_p.h}, {@code struct mdp_superblock_1}. Metadata 1.1 lies at the start, 1.2 at 4 KiB; that of 0.90 and 1.0 at the end, out of sight. */
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

    /** UFS2, as FreeBSD makes it: the superblock at 64 KiB, its magic 1,372 bytes in: FreeBSD {@code sys/ufs/ffs/fs.h}, {@code struct fs}. */
    private static Optional<Filesystem> ufs(DiskWindow window) {
        if (window.unsignedInt(0x10000 + 1372) != 0x19540119L) {
            return Optional.empty();
        }
        long high = window.unsignedInt(0x10000 + 144);
        long low = window.unsignedInt(0x10000 + 148);
        return filesystem("ufs", label(window, 0x10000 + 680, 32), "%08x%08x".formatted(high, low));
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
