package dev.imageferry.convert;

import dev.imageferry.file.Durable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;

/**
 * The files of one conversion: those in progress, which are deleted at its end, and the target, which appears complete. All names
 * begin with that of the target, and only the daemon's user can read them.
 */
final class Workspace implements AutoCloseable {
    /** A file in progress. */
    enum Part {
        /** The target, until it is complete. */
        TARGET(".part"),
        /** The raw disk that a program writes, sparse. */
        RAW(".raw"),
        /** A file in a disk format that was inside a compressed one, sparse. */
        UNPACKED(".unpacked"),
        /** The raw disk without its free blocks, sparse. */
        SMALLER(".smaller");

        private final String suffix;

        Part(String suffix) {
            this.suffix = suffix;
        }
    }

    private final Path target;

    /** Removes what an earlier conversion left behind. */
    Workspace(Path target) throws IOException {
        this.target = target.toAbsolutePath();
        deleteParts();
    }

    Path path(Part part) {
        return target.resolveSibling(Objects.requireNonNull(target.getFileName()) + part.suffix);
    }

    /** Opens a new file for reading and writing. */
    FileChannel create(Part part) throws IOException {
        return FileChannel.open(
                path(part),
                Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    void delete(Part part) throws IOException {
        Files.deleteIfExists(path(part));
    }

    /** Gives the target its name, after its content was synced. */
    void commit() throws IOException {
        boolean durable = false;
        try {
            Files.move(path(Part.TARGET), target, StandardCopyOption.ATOMIC_MOVE);
            Durable.sync(Objects.requireNonNull(target.getParent()));
            durable = true;
        } finally {
            if (!durable) {
                Files.deleteIfExists(target);
            }
        }
    }

    private void deleteParts() throws IOException {
        for (Part part : Part.values()) {
            delete(part);
        }
    }

    @Override
    public void close() throws IOException {
        deleteParts();
    }
}
