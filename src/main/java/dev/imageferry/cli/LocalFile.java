package dev.imageferry.cli;

import dev.imageferry.job.Digests;
import dev.imageferry.job.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.function.LongConsumer;

/**
 * A file of this machine that is sent.
 *
 * @param name its name in the drop folder
 * @param sha256 of the content, 64 hex digits
 */
record LocalFile(Path path, String name, long bytes, String sha256) {
    private static final int BUFFER_BYTES = 256 * 1024;

    /** Checks that the argument names a file that can be read. */
    static Path check(String argument) throws CommandFailure {
        try {
            Path path = Path.of(argument);
            if (!Files.exists(path)) {
                throw wrong(argument, "no such file or directory");
            }
            if (!Files.isRegularFile(path)) {
                throw wrong(argument, "not a regular file");
            }
            if (!Files.isReadable(path)) {
                throw wrong(argument, "permission denied");
            }
            return path;
        } catch (InvalidPathException e) {
            throw wrong(argument, Reason.of(e));
        }
    }

    private static CommandFailure wrong(String argument, String reason) {
        return new CommandFailure(
                ExitStatus.WRONG_CALL, "cannot read %s: %s".formatted(FileReport.shown(argument), reason));
    }

    static String nameOf(Path path) {
        return String.valueOf(path.getFileName());
    }

    /** Whether a file of this name says something about images: metadata or checksums. It is sent before them. */
    static boolean isSidecar(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return isMetadata(name) || lower.endsWith(".sha256") || lower.equals("sha256sums");
    }

    static boolean isMetadata(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".yaml") || lower.endsWith(".json");
    }

    /**
     * Reads the file once for its digest.
     *
     * @param progress receives the number of bytes read so far
     */
    static LocalFile read(Path path, LongConsumer progress) throws LocalFileException {
        MessageDigest digest = Digests.of("SHA-256");
        byte[] buffer = new byte[BUFFER_BYTES];
        long bytes = 0;
        try (InputStream in = Files.newInputStream(path)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
                bytes += count;
                progress.accept(bytes);
            }
        } catch (IOException e) {
            throw new LocalFileException(
                    "cannot read %s: %s".formatted(FileReport.shown(path.toString()), Reason.of(e)));
        }
        return new LocalFile(path, nameOf(path), bytes, HexFormat.of().formatHex(digest.digest()));
    }
}
