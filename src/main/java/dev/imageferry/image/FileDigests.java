package dev.imageferry.image;

import dev.imageferry.job.Digests;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * Computes the SHA-256, MD5 and CRC32C of a file while it is read. One thread for each update method.
 *
 * <p>The digests get arrays. With a duplicate of the buffer, the compiled method allocates an object before it calls the SHA-256 of the
 * CPU. On CPUs with AVX-512, SHA-256 then takes more than ten times as long (Java 25: 40 MB/s instead of 1,400), but not with
 * {@code -XX:UseAVX=2}: probably the allocation leaves the upper halves of the vector registers in use.
 */
final class FileDigests {
    private final MessageDigest sha256 = Digests.of("SHA-256");
    private final MessageDigest md5 = Digests.of("MD5");
    private final CRC32C crc32c = new CRC32C();

    /** Adds the remaining bytes of the buffer, which has an array, to SHA-256 and CRC32C. Does not change the buffer. */
    void updateSha256AndCrc(ByteBuffer bytes) {
        int start = bytes.arrayOffset() + bytes.position();
        sha256.update(bytes.array(), start, bytes.remaining());
        crc32c.update(bytes.array(), start, bytes.remaining());
    }

    /**
     * Adds the remaining bytes of the buffer, which has an array, to MD5. Does not change the buffer. Can run on another thread than the
     * other digests.
     */
    void updateMd5(ByteBuffer bytes) {
        md5.update(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    /** Completes the digest; can be called once. */
    String sha256() {
        return HexFormat.of().formatHex(sha256.digest());
    }

    /** Completes the digest; can be called once. */
    String md5() {
        return HexFormat.of().formatHex(md5.digest());
    }

    int crc32c() {
        return (int) crc32c.getValue();
    }
}
