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
 * Which instances of this host that worked on the drop folder are dead. Each holds the lock of a file of its own there, which
 * the operating system releases when the process ends, however it ends: nobody has to wait for the leases of a dead one to run
 * out. Instances of other hosts are left to their leases, because locks do not reach over every network file system.
 */
final class InstanceLocks implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(InstanceLocks.class);
    private static final String PREFIX = ".imageferry-instance-";
    private static final int MOST_BYTES = 4096;

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
     * Takes this instance's own lock and removes those of dead instances.
     *
     * @return the names of the dead ones, and this one's own name unless another process that is alive uses it too: whatever
     *     they held is free
     */
    List<String> dead() {
        List<String> dead = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder.root(), PREFIX + "*")) {
            for (Path file : files) {
                nameIfDead(file).ifPresent(dead::add);
            }
            if (isAliveElsewhere() && !dead.contains(instance)) {
                LOG.warnf(
                        "another running daemon of this host is named %s too: give each its own imageferry.instance",
                        instance);
                return dead;
            }
            lockOwn();
            if (!dead.contains(instance)) {
                dead.add(instance);
            }
        } catch (IOException e) {
            // jobs of dead instances are taken over when their leases run out
            LOG.warnf("the locks of instances in %s cannot be used: %s", folder.root(), e.getMessage());
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

    /** The name in a lock file of this host that nobody holds; the file is removed. */
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
            return Optional.empty(); // held by this very process
        }
    }

    private static List<String> holder(Path file) throws IOException {
        return Files.size(file) > MOST_BYTES
                ? List.of()
                : Files.readString(file, StandardCharsets.UTF_8).lines().toList();
    }

    /** The file's name is new each time, so that nobody can hold a lock of a file that has just been removed. */
    private void lockOwn() throws IOException {
        Path file = folder.root().resolve(PREFIX + UUID.randomUUID());
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
            throw new IOException("a new file is locked: " + file);
        }
        channel.write(ByteBuffer.wrap((host + "\n" + instance + "\n").getBytes(StandardCharsets.UTF_8)));
        own = channel;
        ownFile = file;
    }

    /** Gives the lock back. */
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
            LOG.debugf("the lock file %s was not removed, the next start does it: %s", file, e.getMessage());
        }
    }
}
