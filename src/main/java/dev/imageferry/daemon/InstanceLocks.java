package dev.imageferry.daemon;

import dev.imageferry.drop.DropFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Detects dead instances of this host, so that their jobs can be taken over before their leases expire. Each instance locks its
 * own file in the drop folder, and the operating system releases the lock when the process ends. Instances of other hosts are
 * ignored, because not every network file system shares locks.
 */
final class InstanceLocks implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(InstanceLocks.class);
    private static final String PREFIX = ".imageferry-instance-";
    private static final int MAX_BYTES = 4096;

    private final DropFolder folder;
    private final String host;
    private final String instance;
    private @Nullable FileChannel own;
    private @Nullable Path ownFile;

    InstanceLocks(DropFolder folder, String host, String instance) {
        this.folder = folder;
        this.host = host;
        this.instance = instance;
    }

    /**
     * Takes this instance's own lock and removes the lock files of dead instances.
     *
     * @return the names whose leases can be released: those of dead instances, and this instance's own name unless another live
     *     process uses it too
     */
    List<String> dead() {
        List<String> dead = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder.root(), PREFIX + "*")) {
            for (Path file : files) {
                nameIfDead(file).ifPresent(dead::add);
            }
            if (isAliveElsewhere() && !dead.contains(instance)) {
                LOG.warnf(
                        "another running daemon on this host has the same name, set a different imageferry.instance for each instance=%s",
                        instance);
                return dead;
            }
            lockOwn();
            if (!dead.contains(instance)) {
                dead.add(instance);
            }
        } catch (IOException e) {
            // jobs of dead instances are taken over when their leases expire
            LOG.warnf("instance locks cannot be used folder=%s reason=%s", folder.root(), e.getMessage());
        }
        return dead;
    }

    private boolean isAliveElsewhere() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder.root(), PREFIX + "*")) {
            for (Path file : files) {
                if (holder(file).equals(List.of(host, instance))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Returns the instance name of a lock file of this host if no process holds the lock, and deletes the file. */
    private Optional<String> nameIfDead(Path file) throws IOException {
        List<String> holder = holder(file);
        if (holder.size() != 2 || !holder.getFirst().equals(host)) {
            return Optional.empty();
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                return Optional.empty();
            }
            Files.deleteIfExists(file);
            return Optional.of(holder.getLast());
        } catch (OverlappingFileLockException e) {
            return Optional.empty(); // held by this process
        }
    }

    private static List<String> holder(Path file) throws IOException {
        return Files.size(file) > MAX_BYTES
                ? List.of()
                : Files.readString(file, StandardCharsets.UTF_8).lines().toList();
    }

    /** Creates the lock file under a new name each time, so that no process can hold the lock of a deleted file. */
    private void lockOwn() throws IOException {
        Path file = folder.root().resolve(PREFIX + UUID.randomUUID());
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
            throw new IOException("new file is already locked: " + file);
        }
        channel.write(ByteBuffer.wrap((host + "\n" + instance + "\n").getBytes(StandardCharsets.UTF_8)));
        own = channel;
        ownFile = file;
    }

    /** Releases the lock. */
    @Override
    public void close() {
        FileChannel channel = own;
        Path file = ownFile;
        if (channel == null || file == null) {
            return;
        }
        own = null;
        try {
            Files.deleteIfExists(file);
            channel.close();
        } catch (IOException e) {
            LOG.debugf("lock file not removed, the next start removes it file=%s reason=%s", file, e.getMessage());
        }
    }
}
