package dev.imageferry.simulator;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Takes the hashes of an object while it passes. */
final class ObjectHash {
    private static final int TRAILER = 4;

    private final MessageDigest sha256 = digest("SHA-256");
    private final MessageDigest md5 = digest("MD5");
    private final byte[] last = new byte[TRAILER];
    private long bytes;
    private int magic;

    void add(byte[] part) {
        sha256.update(part);
        md5.update(part);
        for (int at = 0; at < part.length && bytes + at < 2; at++) {
            magic = (magic << 8) | Byte.toUnsignedInt(part[at]);
        }
        int fresh = Math.min(part.length, TRAILER);
        System.arraycopy(last, fresh, last, 0, TRAILER - fresh);
        System.arraycopy(part, part.length - fresh, last, TRAILER - fresh, fresh);
        bytes += part.length;
    }

    long bytes() {
        return bytes;
    }

    StoredObject done() {
        Long gzipLength = null;
        if (magic == 0x1f8b && bytes >= 18) { // RFC 1952: 10 bytes of header and 8 of trailer at least
            gzipLength = Integer.toUnsignedLong(
                    ByteBuffer.wrap(last).order(ByteOrder.LITTLE_ENDIAN).getInt());
        }
        HexFormat hex = HexFormat.of();
        return new StoredObject(bytes, hex.formatHex(sha256.digest()), hex.formatHex(md5.digest()), gzipLength);
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every JDK has " + algorithm, missing);
        }
    }
}
