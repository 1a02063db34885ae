package dev.imageferry.simulator;

import org.jspecify.annotations.Nullable;

/**
 * What is kept of the bytes of a PUT: not the bytes.
 *
 * @param sha256 64 hex digits
 * @param md5 32 hex digits
 * @param gzipLengthOrNull the length field of the last gzip member (uncompressed bytes modulo 2^32); null when the
 *     object does not begin as gzip
 */
record StoredObject(
        long bytes, String sha256, String md5, @Nullable Long gzipLengthOrNull) {
    /** The size as the API tells it, in MB, at least 1. */
    long megabytes() {
        long uncompressed = gzipLengthOrNull == null ? bytes : gzipLengthOrNull;
        return Math.max(1, Math.ceilDiv(uncompressed, 1 << 20));
    }
}
