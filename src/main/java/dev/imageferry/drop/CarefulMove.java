package dev.imageferry.drop;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

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
 * Moves a regular file to a name that must be free. rename(2) replaces what is there, so the name is taken by link(2),
 * which does not, and the old name removed afterwards. Running the same move again after a crash finishes it.
 *
 * <p>Where a hard link is refused (vfat; files of another owner under {@code fs.protected_hardlinks}) a look and a rename
 * take its place; over a mount boundary a copy that is synced before the original goes.
 */
final class CarefulMove {
    /** How a move ended. */
    enum Outcome {
        /** The file stands at its new name only. */
        MOVED,
        /** Something else has that name; nothing was changed. */
        TAKEN,
        /** The file was altered while it was copied; the copy is removed and the original untouched. */
        CHANGED
    }

    private static final int COPY_BUFFER_BYTES = 1 << 20;

    private CarefulMove() {}

    static Outcome moveIfFree(Path from, Path to) throws IOException {
        try {
            Files.createLink(to, from);
        } catch (FileAlreadyExistsException e) {
            if (!isSame(from, to)) {
                return Outcome.TAKEN;
            }
        } catch (UnsupportedOperationException | FileSystemException e) {
            // EPERM, EXDEV, EMLINK, …: what really stands in the way, if anything, shows when renaming
            return renameOrCopy(from, to);
        }
        Files.delete(from);
        return Outcome.MOVED;
    }

    /** Whether anything has the name, be it a dangling link; false only when that is certain. */
    static boolean exists(Path path) throws IOException {
        try {
            Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Whether a regular file, itself and no link to one, has the name. */
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
        // a name of its own for each path, so that the leftover of a crash is met, and replaced, by the next run
        Path draft = to.resolveSibling(
                Names.COPY_PREFIX + Names.digest(to.getFileName().toString()));
        FileFingerprint before = FileFingerprint.of(from);
        Files.deleteIfExists(draft);
        boolean published = false;
        try {
            copyBytes(from, draft);
            if (!FileFingerprint.of(from).equals(before)) {
                return Outcome.CHANGED;
            }
            Outcome outcome = moveIfFree(draft, to);
            published = outcome == Outcome.MOVED;
            if (!published) {
                return outcome;
            }
        } finally {
            if (!published) {
                Files.deleteIfExists(draft);
            }
        }
        Durable.folder(Objects.requireNonNull(to.getParent(), "parent"));
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

    private static Outcome finish(Path from) throws IOException {
        Files.delete(from);
        return Outcome.MOVED;
    }

    /** The same inode, or (after a crash between copying and deleting) a whole copy: then the original may go. */
    static boolean isSame(Path from, Path to) throws IOException {
        BasicFileAttributes source = Files.readAttributes(from, BasicFileAttributes.class, NOFOLLOW_LINKS);
        BasicFileAttributes target = Files.readAttributes(to, BasicFileAttributes.class, NOFOLLOW_LINKS);
        if (!target.isRegularFile()) {
            return false;
        }
        // the key is device and inode
        if (source.fileKey() != null && source.fileKey().equals(target.fileKey())) {
            return true;
        }
        return source.size() == target.size() && Files.mismatch(from, to) == -1;
    }
}
