package dev.imageferry.image;

/**
 * What Linode takes; both ends of each limit are fit.
 *
 * @param compressedBytes {@code imageferry.limits.compressed}: S3's limit for a single PUT
 * @param uncompressedBytes {@code imageferry.limits.uncompressed}: the account's limit for one image
 */
public record ImageLimits(long compressedBytes, long uncompressedBytes) {
    public ImageLimits {
        if (compressedBytes < 1 || uncompressedBytes < 1) {
            throw new IllegalArgumentException("limits of " + compressedBytes + " and " + uncompressedBytes + " bytes");
        }
    }
}
