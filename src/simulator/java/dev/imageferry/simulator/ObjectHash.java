package dev.imageferry.simulator;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Takes the hashes of an object while it passes. */
final class ObjectHash {
    private final MessageDigest sha256 = digest("SHA-256");
    private final MessageDigest md5 = digest("MD5");
    private long bytes;

    void add(byte[] part) {
        sha256.update(part);
        md5.update(part);
        bytes += part.length;
    }

    long bytes() {
        return bytes;
    }

    StoredObject done(Unpacked unpacked) {
        HexFormat hex = HexFormat.of();
        return new StoredObject(bytes, hex.formatHex(sha256.digest()), hex.formatHex(md5.digest()), unpacked);
    }

    static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every JDK has " + algorithm, missing);
        }
    }
}
