package dev.imageferry.drop;

import dev.imageferry.job.DroppedFile;

/**
 * Which files are converted before they are checked, and how large a file can be.
 *
 * @param convert {@code imageferry.drop.convert}
 * @param dropFreeBlocks {@code imageferry.drop.drop-free-blocks}
 * @param compressedLimit {@code imageferry.limits.compressed}, bytes
 * @param uncompressedLimit {@code imageferry.limits.uncompressed}, bytes
 */
public record ConversionRule(
        ImageNames names, boolean convert, boolean dropFreeBlocks, long compressedLimit, long uncompressedLimit) {
    /**
     * Whether the file is converted: its name is that of another format, or free blocks are left out, of all images or of those that
     * are too large.
     */
    public boolean applies(DroppedFile file) {
        return names.isConvertible(file.path())
                || (dropFreeBlocks && (convert || file.fingerprint().bytes() > compressedLimit));
    }

    /**
     * The largest file that can be of use.
     *
     * @param bytes its size
     * @param setting the setting that says so
     */
    record Limit(long bytes, String setting) {}

    /** The limit of an image with this name. One that is converted can be as large as its content. */
    Limit limit(String path) {
        return names.isConvertible(path) || dropFreeBlocks
                ? new Limit(Math.max(compressedLimit, uncompressedLimit), "imageferry.limits.uncompressed")
                : new Limit(compressedLimit, "imageferry.limits.compressed");
    }
}
