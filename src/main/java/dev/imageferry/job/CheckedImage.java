package dev.imageferry.job;

/**
 * What one pass over a fit file found out. The three sums are of the compressed file, as it is sent.
 *
 * @param compressedBytes length of the file
 * @param uncompressedBytes length of what is in it
 * @param sha256 64 hex digits
 * @param md5 32 hex digits; the bucket's ETag must equal it
 * @param crc32c Castagnoli CRC, compared with what a PUT has sent before its end goes out
 * @param contents what is on the disk
 */
public record CheckedImage(
        long compressedBytes, long uncompressedBytes, String sha256, String md5, int crc32c, DiskContents contents) {}
