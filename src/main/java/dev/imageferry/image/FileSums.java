package dev.imageferry.image;

import dev.imageferry.job.Digests;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** The sums of a file as it is sent, taken while it streams by. Not for two threads at once. */
final class FileSums {
    private final MessageDigest sha256 = Digests.of("SHA-256");
    private final MessageDigest md5 = Digests.of("MD5");
    private final CRC32C crc32c = new CRC32C();

    /** Takes what remains in the buffer, and leaves it there. */
    void update(ByteBuffer bytes) {
        sha256.update(bytes.duplicate());
        md5.update(bytes.duplicate());
        crc32c.update(bytes.duplicate());
    }

    /** Ends the sum: to be asked for once. */
    String sha256() {
        return HexFormat.of().formatHex(sha256.digest());
    }

    /** Ends the sum: to be asked for once. */
    String md5() {
        return HexFormat.of().formatHex(md5.digest());
    }

    int crc32c() {
        return (int) crc32c.getValue();
    }
}
