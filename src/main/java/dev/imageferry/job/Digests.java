package dev.imageferry.job;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Message digests that every Java platform has. */
public final class Digests {
    private Digests() {}

    /**
     * A new digest.
     *
     * @param algorithm {@code MD5}, {@code SHA-256} or {@code SHA-512}
     */
    public static MessageDigest of(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(algorithm + " is part of every Java platform", e);
        }
    }

    /** The SHA-256 of a file's content: 64 hex digits in lower case. A symbolic link is not followed. */
    public static String sha256(Path file) throws IOException {
        MessageDigest sum = of("SHA-256");
        try (InputStream content = new DigestInputStream(Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS), sum)) {
            content.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(sum.digest());
    }
}
