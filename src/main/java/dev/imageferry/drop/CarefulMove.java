package dev.imageferry.drop;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.imageferry.file.Durable;
import dev.imageferry.job.FileFingerprint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Objects;

/**
 * Moves a regular file without ever overwriting another one. It uses link(2) and unlink(2), because rename(2) replaces an
 * existing file. After a crash, the same call completes the move.
 *
 * <p>If hard links are refused (vfat, or files of another owner with {@code fs.protected_hardlinks}), it checks the name and
 * renames. To another mount it copies, syncs the copy and deletes the original.
 */
final class CarefulMove {
    enum Outcome {
        /** The file exists only under its new name. */
        MOVED,
        /** Another file has that name; nothing was changed. */
        TAKEN,
        /** The file was changed while it was copied; the copy is deleted and the original untouched. */
        CHANGED
    }

    private static final int COPY_BUFFER_BYTES = 1 << 20;

    private CarefulMove() {}

    static Outcome moveIfFree(Path from, Path to) throws IOException {
        // left by an interrupted copy, whose original still exists
        Files.deleteIfExists(draft(to));
        return move(from, to);
    }

    private static Outcome move(Path from, Path to) throws IOException {
        try {
            Files.createLink(to, from);
        } catch (FileAlreadyExistsException e) {
            if (!isSame(from, to)) {
                return Outcome.TAKEN;
            }
        } catch (UnsupportedOperationException | FileSystemException e) {
            // EPERM, EXDEV, EMLINK, …: the rename works or reports the actual cause
            return renameOrCopy(from, to);
        }
        Files.delete(from);
        return Outcome.MOVED;
    }

    /** Whether the name exists, even as a dangling link; false only if it certainly does not. */
    static boolean exists(Path path) throws IOException {
        try {
            Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Whether the path is a regular file and not a symbolic link to one. */
    static boolean isRegular(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS)
                    .isRegularFile();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static Outcome renameOrCopy(Path from, Path to) throws IOException {
        if (exists(to)) {
            return isSame(from, to) ? finish(from) : Outcome.TAKEN;
        }
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
            return Outcome.MOVED;
        } catch (AtomicMoveNotSupportedException e) {
            return copy(from, to);
        }
    }

    private static Outcome copy(Path from, Path to) throws IOException {
        Path draft = draft(to);
        FileFingerprint before = FileFingerprint.of(from);
        boolean published = false;
        try {
            copyBytes(from, draft);
            if (!FileFingerprint.of(from).equals(before)) {
                return Outcome.CHANGED;
            }
            Outcome outcome = move(draft, to);
            published = outcome == Outcome.MOVED;
            if (!published) {
                return outcome;
            }
        } finally {
            if (!published) {
                Files.deleteIfExists(draft);
            }
        }
        Durable.sync(Objects.requireNonNull(to.getParent(), "parent"));
        return finish(from);
    }

    private static void copyBytes(Path from, Path draft) throws IOException {
        try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ, NOFOLLOW_LINKS);
                FileChannel target = FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(COPY_BUFFER_BYTES);
            while (source.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    target.write(buffer);
                }
                buffer.clear();
            }
            PosixFileAttributeView posix =
                    Files.getFileAttributeView(draft, PosixFileAttributeView.class, NOFOLLOW_LINKS);
            if (posix != null) {
                posix.setPermissions(Files.getPosixFilePermissions(from, NOFOLLOW_LINKS));
            }
            Files.setLastModifiedTime(draft, Files.getLastModifiedTime(from, NOFOLLOW_LINKS));
            target.force(true);
        }
    }

    private static Path draft(Path to) {
        return to.resolveSibling(
                Names.COPY_PREFIX + Names.digest(to.getFileName().toString()));
    }

    private static Outcome finish(Path from) throws IOException {
        Files.delete(from);
        return Outcome.MOVED;
    }

    /** Whether both are the same inode, or {@code to} is a complete copy left by a crash before the original was deleted. */
    static boolean isSame(Path from, Path to) throws IOException {
        BasicFileAttributes source = Files.readAttributes(from, BasicFileAttributes.class, NOFOLLOW_LINKS);
        BasicFileAttributes target = Files.readAttributes(to, BasicFileAttributes.class, NOFOLLOW_LINKS);
        if (!target.isRegularFile()) {
            return false;
        }
        // device and inode
        if (source.fileKey() != null && source.fileKey().equals(target.fileKey())) {
            return true;
        }
        return source.size() == target.size() && Files.mismatch(from, to) == -1;
    }
}
