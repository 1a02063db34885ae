package dev.imageferry.image;

/**
 * The largest sizes that Linode accepts, inclusive.
 *
 * @param compressedBytes {@code imageferry.limits.compressed}: S3's limit for a single PUT
 * @param uncompressedBytes {@code imageferry.limits.uncompressed}: the account's limit for one image
 */
public record ImageLimits(long compressedBytes, long uncompressedBytes) {
    public ImageLimits {
        if (compressedBytes < 1 || uncompressedBytes < 1) {
            throw new IllegalArgumentException(
                    "limits must be at least 1 byte, but are " + compressedBytes + " and " + uncompressedBytes);
        }
    }
}
