package dev.imageferry.image;

import dev.imageferry.job.Digests;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** Computes the SHA-256, MD5 and CRC32C of a file while it is read. One thread for each update method. */
final class FileDigests {
    private final MessageDigest sha256 = Digests.of("SHA-256");
    private final MessageDigest md5 = Digests.of("MD5");
    private final CRC32C crc32c = new CRC32C();

    /** Adds the remaining bytes of the buffer to SHA-256 and CRC32C. */
    void updateSha256AndCrc(ByteBuffer bytes) {
        sha256.update(bytes.duplicate());
        crc32c.update(bytes);
    }

    /** Adds the remaining bytes of the buffer to MD5. Can run on another thread than the other digests. */
    void updateMd5(ByteBuffer bytes) {
        md5.update(bytes);
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
