package dev.imageferry.simulator;

import org.jspecify.annotations.Nullable;

/** What the decompression of an uploaded object came to. */
sealed interface Unpacked {

    /**
     * It is gzip from the first byte to the last.
     *
     * @param bytes uncompressed
     * @param sha256OrNull of the uncompressed content, 64 hex digits; null when it has more than 64 MiB
     */
    record Whole(long bytes, @Nullable String sha256OrNull) implements Unpacked {}

    /** It is not gzip, corrupt or truncated. */
    record Broken() implements Unpacked {}

    /** It has more uncompressed bytes than allowed. What follows the excess was not looked at. */
    record TooLarge() implements Unpacked {}
}
