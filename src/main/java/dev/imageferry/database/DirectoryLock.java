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
 * Says that a living JVM uses a database directory: an advisory lock on the file {@code lock} in it, which the kernel drops when the
 * JVM ends, however it ends. It tells a second daemon (lock held) from a server that a killed daemon left behind (lock free).
 * The file names its holder, for the message only. It is never deleted: a waiting opener could lock a file without a name.
 */
final class DirectoryLock implements AutoCloseable {
    /**
     * The directories this JVM holds. POSIX drops all locks of a process on a file when the process closes any descriptor of it, so
     * a second look from the same JVM must not even open the file.
     */
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    private DirectoryLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Takes the lock.
     *
     * @param directory an existing directory, as a real path
     * @throws DatabaseStartException when another process, or this one, holds it already; names the holder
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

    private static DatabaseStartException heldBy(Path directory, String holder) {
        return new DatabaseStartException(
                "The database directory %s is in use by another Imageferry (%s): stop that one, or set imageferry.database.directory to another directory"
                        .formatted(directory, holder.isEmpty() ? "just starting" : holder));
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            // a host that cannot resolve its own name; the pid is what counts
            return "unknown";
        }
    }

    /** Gives the directory free; only after the server has stopped. */
    @Override
    public void close() throws IOException {
        try (channel) {
            channel.truncate(0);
        } finally {
            HELD_HERE.remove(file);
        }
    }
}
