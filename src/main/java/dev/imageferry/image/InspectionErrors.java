package dev.imageferry.image;

import dev.imageferry.job.DiskContents;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Builds the results for a file that cannot be uploaded. Each message names the file, the value, the limit and what to do.
 *
 * @param name of the file, printable
 * @param compressedBytes its size
 */
record InspectionErrors(String name, long compressedBytes, ImageLimits limits) {
    private static final String SHRINK = "shrink the image, for example with resize2fs -M";

    Inspection.Unfit noBytes() {
        return unread(ErrorCode.EMPTY, "the file is empty (0 bytes): copy it again", 0);
    }

    /**
     * @param free the file system that fills the disk, if it was recognised
     * @param freeBlocksDropped whether {@code imageferry.drop.drop-free-blocks} is set
     */
    Inspection.Unfit tooLargeCompressed(Optional<ExtSuperblock> free, boolean freeBlocksDropped) {
        String remedy = SHRINK + ", or compress it better";
        if (!freeBlocksDropped) {
            remedy = free.filter(superblock -> superblock.freeBytes() > 0)
                            .map(superblock -> "%s of the %s bytes of its file system are free: "
                                    .formatted(
                                            Printable.count(superblock.freeBytes()),
                                            Printable.count(superblock.bytes())))
                            .orElse("")
                    + "set imageferry.drop.drop-free-blocks=true to leave out what deleted files left behind in ext2, ext3 or"
                    + " ext4, " + remedy;
        }
        return unread(
                ErrorCode.TOO_LARGE_COMPRESSED,
                "%s bytes compressed, but the limit is %s (imageferry.limits.compressed): %s"
                        .formatted(Printable.count(compressedBytes), Printable.count(limits.compressedBytes()), remedy),
                0);
    }

    /** @param instead the format of the file, if it was recognised */
    Inspection.Unfit notGzip(Optional<ForeignFormat> instead) {
        String remedy = instead.map(found -> "it is " + found.advice())
                .orElse("compress the raw image with gzip, or copy it again");
        return unread(
                ErrorCode.NOT_GZIP, "not a gzip file, because it does not begin with the bytes 1f 8b: " + remedy, 0);
    }

    Inspection.Unfit truncated(long memberStart, long uncompressedBytes) {
        return unread(
                ErrorCode.GZIP_TRUNCATED,
                "the file ends at byte %s, inside the gzip member that begins at byte %s: copy it again"
                        .formatted(Printable.count(compressedBytes), Printable.count(memberStart)),
                uncompressedBytes);
    }

    /** @param readBytes how far the file was read; the damage is before this byte */
    Inspection.Unfit corrupt(long memberStart, long readBytes, String reason, long uncompressedBytes) {
        return unread(
                ErrorCode.GZIP_CORRUPT,
                "the file is damaged before byte %s, in the gzip member that begins at byte %s (%s): copy it or compress it again"
                        .formatted(Printable.count(readBytes), Printable.count(memberStart), reason),
                uncompressedBytes);
    }

    Inspection.Unfit trailingData(long offset, boolean zeroes, long uncompressedBytes) {
        return unread(
                ErrorCode.GZIP_TRAILING_DATA,
                "%s bytes of %s after the end of the gzip data at byte %s: remove them with truncate -s %d"
                        .formatted(
                                Printable.count(compressedBytes - offset),
                                zeroes ? "zero padding" : "other data",
                                Printable.count(offset),
                                offset),
                uncompressedBytes);
    }

    /** @param declaredBytes the size of the disk according to its own metadata; in the message if it exceeds the limit */
    Inspection.Unfit tooLargeUncompressed(long uncompressedBytes, OptionalLong declaredBytes) {
        String size = declaredBytes.isPresent() && declaredBytes.getAsLong() > limits.uncompressedBytes()
                ? "a disk of %s bytes, but the limit is %s"
                        .formatted(
                                Printable.count(declaredBytes.getAsLong()), Printable.count(limits.uncompressedBytes()))
                : "more than %s bytes uncompressed, which is the limit"
                        .formatted(Printable.count(limits.uncompressedBytes()));
        return unread(
                ErrorCode.TOO_LARGE_UNCOMPRESSED,
                "%s (imageferry.limits.uncompressed): %s, or ask Linode support for a higher limit"
                        .formatted(size, SHRINK),
                uncompressedBytes);
    }

    Inspection.Unfit nothingInside(String sha256) {
        return unfit(
                ErrorCode.EMPTY,
                "the compressed content is empty (0 bytes): compress the image again",
                0,
                sha256,
                null);
    }

    Inspection.Unfit notRawImage(ForeignFormat found, long uncompressedBytes, String sha256, DiskContents contents) {
        return unfit(ErrorCode.NOT_RAW_IMAGE, found.message(), uncompressedBytes, sha256, contents);
    }

    private Inspection.Unfit unread(ErrorCode code, String what, long uncompressedBytes) {
        return unfit(code, what, uncompressedBytes, null, null);
    }

    private Inspection.Unfit unfit(
            ErrorCode code,
            String what,
            long uncompressedBytes,
            @Nullable String sha256,
            @Nullable DiskContents contents) {
        return new Inspection.Unfit(
                new Problem(code, name + ": " + what), compressedBytes, uncompressedBytes, sha256, contents, false);
    }
}
