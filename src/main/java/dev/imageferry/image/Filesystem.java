package dev.imageferry.image;

import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A file system, as described by its superblock.
 *
 * @param type as blkid names it
 * @param label null if it has none
 * @param uuid as blkid formats it; null if it has none
 */
record Filesystem(
        String type, @Nullable String label, @Nullable String uuid) {
    private static final HexFormat HEX = HexFormat.of();

    /** Sixteen bytes as {@code 8-4-4-4-12} hex digits; null for zeroes, as in blkid. */
    static @Nullable String uuid(byte[] bytes) {
        if (DiskProbe.isZero(bytes, bytes.length)) {
            return null;
        }
        return "%s-%s-%s-%s-%s"
                .formatted(
                        HEX.formatHex(bytes, 0, 4),
                        HEX.formatHex(bytes, 4, 6),
                        HEX.formatHex(bytes, 6, 8),
                        HEX.formatHex(bytes, 8, 10),
                        HEX.formatHex(bytes, 10, 16));
    }

    /** A DOS serial number as {@code ABCD-1234}; null for zero. */
    static @Nullable String serial(long number) {
        return number == 0 ? null : String.format(Locale.ROOT, "%04X-%04X", number >>> 16, number & 0xffff);
    }
}
