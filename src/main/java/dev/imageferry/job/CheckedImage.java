package dev.imageferry.job;

import java.util.List;

/**
 * The result of a successful check. The checksums cover the compressed file, as it is uploaded.
 *
 * @param compressedBytes length of the file
 * @param uncompressedBytes length of the content
 * @param sha256 64 hex digits
 * @param md5 32 hex digits; the bucket's ETag must equal it
 * @param crc32c CRC-32C (Castagnoli); a PUT compares it with the bytes it has read before it releases the final bytes
 * @param contents what is on the disk
 */
public record CheckedImage(
        long compressedBytes, long uncompressedBytes, String sha256, String md5, int crc32c, DiskContents contents) {
    /** Returns a copy with further warnings about the contents. */
    public CheckedImage withWarnings(List<String> further) {
        return new CheckedImage(
                compressedBytes, uncompressedBytes, sha256, md5, crc32c, contents.withWarnings(further));
    }
}
