package dev.imageferry.simulator;

/** What the decompression of an uploaded object came to. */
sealed interface Unpacked {

    /**
     * It is gzip from the first byte to the last.
     *
     * @param bytes uncompressed
     * @param sha256 of the uncompressed content, 64 hex digits
     */
    record Whole(long bytes, String sha256) implements Unpacked {}

    /** It is not gzip, corrupt or truncated. */
    record Broken() implements Unpacked {}

    /** It has more uncompressed bytes than allowed. What follows the excess was not looked at. */
    record TooLarge() implements Unpacked {}
}
