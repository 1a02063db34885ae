package dev.imageferry.drop;

import dev.imageferry.job.DroppedFile;

/**
 * Which files are converted before they are checked.
 *
 * @param convert {@code imageferry.drop.convert}
 * @param dropFreeBlocks {@code imageferry.drop.drop-free-blocks}
 * @param compressedLimit {@code imageferry.limits.compressed}, bytes
 */
public record ConversionRule(ImageNames names, boolean convert, boolean dropFreeBlocks, long compressedLimit) {
    /**
     * Whether the file is converted: its name is that of another format, or free blocks are left out, of all images or of those that
     * are too large.
     */
    public boolean applies(DroppedFile file) {
        return names.isConvertible(file.path())
                || (dropFreeBlocks && (convert || file.fingerprint().bytes() > compressedLimit));
    }
}
