package dev.imageferry.file;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.stream.Stream;

/** Writes that are synced to the disk before they return. */
public final class Durable {
    private Durable() {}

    /** Writes a new file, and deletes it if writing fails. */
    public static void write(Path file, String text, FileAttribute<?>... attributes) throws IOException {
        Files.deleteIfExists(file);
        boolean written = false;
        try (FileChannel channel =
                FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
            written = true;
        } finally {
            if (!written) {
                Files.deleteIfExists(file);
            }
        }
    }

    /**
     * Syncs a file or a folder. POSIX requires the latter to make a link, rename or unlink durable. Some file systems (CIFS,
     * FUSE) refuse this with EINVAL, which is ignored, as in PostgreSQL.
     */
    public static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("Invalid argument")) {
                throw e;
            }
        }
    }

    /**
     * Syncs a folder with everything in it. Links are not followed. On Linux, {@code sync -f} syncs the whole file system with one
     * system call, which is faster than a call per file.
     */
    public static void syncTree(Path folder) throws IOException {
        if (isLinux() && syncFileSystem(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) all.filter(path -> !Files.isSymbolicLink(path))::iterator) {
                sync(path);
            }
        }
    }

    private static boolean isLinux() {
        return System.getProperty("os.name").equals("Linux");
    }

    private static boolean syncFileSystem(Path folder) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder("sync", "-f", folder.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return false; // there is no such program
        }
        try {
            return process.waitFor() == 0;
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while syncing " + folder);
        }
    }
}
