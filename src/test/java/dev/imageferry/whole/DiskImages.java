package dev.imageferry.whole;

import dev.imageferry.RealTools;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;

/** Creates real disk images with the tools that users use. */
public final class DiskImages {
    private DiskImages() {}

    /**
     * Creates a compressed ext4 image with random, incompressible content.
     *
     * @param payloadBytes the approximate size of the compressed file
     */
    public static Path ext4(Path target, int payloadBytes, long seed) throws IOException {
        RealTools.require("mkfs.ext4");
        Path work = Files.createTempDirectory("imageferry-image");
        Path tree = Files.createDirectory(work.resolve("tree"));
        byte[] payload = new byte[payloadBytes];
        new SplittableRandom(seed).nextBytes(payload);
        Files.write(tree.resolve("payload"), payload);
        Path raw = work.resolve("disk.img");
        int megabytes = payloadBytes / (1024 * 1024) + 8;
        run(List.of("truncate", "-s", megabytes + "M", raw.toString()));
        run(List.of("mkfs.ext4", "-q", "-F", "-L", "test", "-d", tree.toString(), raw.toString()));
        gzip(raw, target);
        Files.delete(raw);
        Files.delete(tree.resolve("payload"));
        Files.delete(tree);
        Files.delete(work);
        return target;
    }

    public static void gzip(Path raw, Path target) throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(target), 64 * 1024)) {
            Files.copy(raw, out);
        }
    }

    public static String sha256(Path file) throws IOException {
        try (DigestInputStream in =
                new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(in.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs a tool. Fails with its output if it fails. */
    public static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new AssertionError(command + ": " + said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
