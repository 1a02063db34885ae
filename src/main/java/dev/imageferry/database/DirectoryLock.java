package dev.imageferry.database;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ensures that only one JVM uses a database directory, by an advisory lock on the file {@code lock} in it, which the kernel
 * releases when the JVM ends. The file names its holder for the error message. It is never deleted, because another process
 * could have it open and lock the deleted file.
 */
final class DirectoryLock implements AutoCloseable {
    /**
     * The lock files that this JVM holds. POSIX releases all locks of a process on a file when it closes any descriptor of it, so
     * the same JVM must not open the file again.
     */
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    private DirectoryLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Acquires the lock.
     *
     * @param directory an existing directory, as a real path
     * @throws DatabaseStartException if this or another process holds it; names the holder
     */
    static DirectoryLock take(Path directory, InstantSource clock) throws IOException, DatabaseStartException {
        Path file = directory.resolve("lock");
        if (!HELD_HERE.add(file)) {
            throw heldBy(directory, "pid=" + ProcessHandle.current().pid());
        }
        FileChannel channel = null;
        FileLock lock = null;
        try {
            channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    PrivateFiles.fileAttributes());
            lock = channel.tryLock();
            if (lock == null) {
                throw heldBy(directory, Files.readString(file).strip());
            }
            channel.truncate(0);
            String holder = "pid=%d host=%s since=%s%n"
                    .formatted(
                            ProcessHandle.current().pid(),
                            hostName(),
                            clock.instant().truncatedTo(ChronoUnit.SECONDS));
            channel.write(ByteBuffer.wrap(holder.getBytes(StandardCharsets.UTF_8)), 0);
            channel.force(true);
            return new DirectoryLock(file, channel);
        } finally {
            if (lock == null) {
                if (channel != null) {
                    channel.close();
                }
                HELD_HERE.remove(file);
            }
        }
    }

    /** Whether a daemon, or a command that uses the database, runs in the directory. */
    static boolean isTaken(Path directory) throws IOException {
        Path file = directory.resolve("lock");
        if (HELD_HERE.contains(file)) {
            return true;
        }
        if (!Files.exists(file)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock == null;
        }
    }

    private static DatabaseStartException heldBy(Path directory, String holder) {
        return new DatabaseStartException(
                "The database directory %s is in use by another Imageferry daemon (%s): stop it, or set imageferry.database.directory to another directory"
                        .formatted(directory, holder.isEmpty() ? "just starting" : holder));
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            // for the message only
            return "unknown";
        }
    }

    /** Releases the directory. Call it only after the server has stopped. */
    @Override
    public void close() throws IOException {
        try (channel) {
            channel.truncate(0);
        } finally {
            HELD_HERE.remove(file);
        }
    }
}
