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

/** Message digests that every Java runtime provides. */
public final class Digests {
    private Digests() {}

    /**
     * Creates a digest.
     *
     * @param algorithm {@code MD5}, {@code SHA-256} or {@code SHA-512}
     */
    public static MessageDigest of(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(algorithm + " is missing from this Java runtime", e);
        }
    }

    /** Returns the SHA-256 of the file's content as 64 lower-case hex digits. Does not follow symbolic links. */
    public static String sha256(Path file) throws IOException {
        MessageDigest sum = of("SHA-256");
        try (InputStream content = new DigestInputStream(Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS), sum)) {
            content.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(sum.digest());
    }
}
