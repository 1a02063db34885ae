package dev.imageferry.image;

import dev.imageferry.job.DiskContents;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The words for all that can be wrong with one file: its name, the value, the limit, and what to do.
 *
 * @param name of the file, fit to be shown
 * @param compressedBytes its size
 */
record Verdicts(String name, long compressedBytes, ImageLimits limits) {
    private static final String SMALLER = "make the image smaller, e.g. with resize2fs -M";

    Inspection.Unfit noBytes() {
        return unread(ErrorCode.EMPTY, "the file has 0 bytes, at least 1 is needed: copy it again", 0);
    }

    Inspection.Unfit tooLargeCompressed() {
        return unread(
                ErrorCode.TOO_LARGE_COMPRESSED,
                "%s bytes compressed, the limit is %s (imageferry.limits.compressed): %s, or compress it better"
                        .formatted(
                                Printable.count(compressedBytes), Printable.count(limits.compressedBytes()), SMALLER),
                0);
    }

    /** @param instead what it is, where that can be seen */
    Inspection.Unfit notGzip(Optional<ForeignFormat> instead) {
        String remedy = instead.map(found -> "it is " + found.advice())
                .orElse("compress the raw image with gzip, or copy it again");
        return unread(ErrorCode.NOT_GZIP, "does not begin with the bytes 1f 8b of gzip: " + remedy, 0);
    }

    Inspection.Unfit truncated(long memberStart, long uncompressedBytes) {
        return unread(
                ErrorCode.GZIP_TRUNCATED,
                "ends at byte %s, inside the gzip member that begins at byte %s: copy it again"
                        .formatted(Printable.count(compressedBytes), Printable.count(memberStart)),
                uncompressedBytes);
    }

    /** @param readBytes how far the file had been read: the damage lies before that byte */
    Inspection.Unfit corrupt(long memberStart, long readBytes, String reason, long uncompressedBytes) {
        return unread(
                ErrorCode.GZIP_CORRUPT,
                "damaged before byte %s, in the gzip member that begins at byte %s (%s): copy it or compress it again"
                        .formatted(Printable.count(readBytes), Printable.count(memberStart), reason),
                uncompressedBytes);
    }

    Inspection.Unfit trailingData(long offset, boolean zeroes, long uncompressedBytes) {
        return unread(
                ErrorCode.GZIP_TRAILING_DATA,
                "%s bytes %s behind the end of the gzip data at byte %s, where the file must end: cut them off with truncate -s %d"
                        .formatted(
                                Printable.count(compressedBytes - offset),
                                zeroes ? "of zero padding" : "of something else",
                                Printable.count(offset),
                                offset),
                uncompressedBytes);
    }

    /** @param declaredBytes how large the disk says it is; told where that is beyond the limit */
    Inspection.Unfit tooLargeUncompressed(long uncompressedBytes, OptionalLong declaredBytes) {
        String told = declaredBytes.isPresent() && declaredBytes.getAsLong() > limits.uncompressedBytes()
                ? "%s bytes uncompressed by what the disk says of itself, more than %s"
                        .formatted(
                                Printable.count(declaredBytes.getAsLong()), Printable.count(limits.uncompressedBytes()))
                : "more than %s bytes uncompressed".formatted(Printable.count(limits.uncompressedBytes()));
        return unread(
                ErrorCode.TOO_LARGE_UNCOMPRESSED,
                "%s, the limit (imageferry.limits.uncompressed): %s, or ask Linode's support for a higher limit"
                        .formatted(told, SMALLER),
                uncompressedBytes);
    }

    Inspection.Unfit nothingInside(String sha256) {
        return unfit(
                ErrorCode.EMPTY,
                "0 bytes uncompressed, at least 1 is needed: compress the image again",
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
