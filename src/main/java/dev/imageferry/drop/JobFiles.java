package dev.imageferry.drop;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.imageferry.file.Durable;
import dev.imageferry.file.FolderSync;
import dev.imageferry.job.Digests;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Problem;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** Locates and compares the files of a job where they were dropped, held and archived. Never follows a symbolic link. */
final class JobFiles {
    /** FAT stores times in steps of two seconds. */
    private static final long COARSEST_TIME_NANOS = Duration.ofSeconds(2).toNanos();

    private final DropFolder folder;
    private final FolderSync syncs = new FolderSync();

    JobFiles(DropFolder folder) {
        this.folder = folder;
    }

    /** Makes the entries of a folder durable, with one sync for all jobs that wait for it. */
    void sync(Path path) throws IOException {
        syncs.sync(path);
    }

    Path dropped(String path) {
        return folder.resolve(path);
    }

    HeldFiles held(UUID jobId, String path) throws IOException {
        Path source = dropped(path);
        return new HeldFiles(jobId, source, isFolder(parent(source)));
    }

    /** @throws FileSystemException if {@code done/} or {@code failed/} is not a folder */
    ArchiveEntry entry(Section section, String name) throws IOException {
        Path sectionFolder = folder.root().resolve(section.folderName());
        if (CarefulMove.exists(sectionFolder) && !isFolder(sectionFolder)) {
            throw new FileSystemException(
                    sectionFolder.toString(),
                    null,
                    section.folderName() + "/ is a file or a symbolic link, not a folder");
        }
        return new ArchiveEntry(name, inSection(section, name));
    }

    Path inSection(Section section, String name) {
        return folder.resolve(section.folderName() + "/" + name);
    }

    /** The regular file that is now at the path of the job; empty only if there certainly is none. */
    Optional<FileFingerprint> fingerprintAt(String path) throws IOException {
        return switch (folder.look(path)) {
            case Sighting.Present(FileFingerprint fingerprint) -> Optional.of(fingerprint);
            case Sighting.Absent() -> Optional.empty();
            case Sighting.Unknown(Problem problem) -> throw new IOException(problem.message());
        };
    }

    static Optional<FileFingerprint> fingerprint(Path file) throws IOException {
        try {
            return CarefulMove.isRegular(file) ? Optional.of(FileFingerprint.of(file)) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /**
     * Whether the file at the job's path has the content that the job was for. Inode, size and modification time can be
     * equal although the content differs. The change time then differs too, but a chmod or the removal of a hard link
     * also changes it, so the SHA-256 decides.
     */
    boolean isContentOfJob(ArchiveOrder order, Optional<FileFingerprint> current) throws IOException {
        if (current.isEmpty() || !current.get().equalsButForChangeTime(order.fingerprint())) {
            return false;
        }
        boolean changeTimeIsUnknown = order.fingerprint().changedNanos() == 0;
        return changeTimeIsUnknown
                || current.get().equals(order.fingerprint())
                || (order.sha256OrNull() != null && order.sha256OrNull().equals(Digests.sha256(dropped(order.path()))));
    }

    /** Whether the held file is the image of the job. Renaming it has changed its change time. */
    static boolean isHeldImage(ArchiveOrder order, HeldFiles held) throws IOException {
        Optional<FileFingerprint> current = fingerprint(held.image());
        return current.isPresent() && current.get().equalsButForChangeTime(order.fingerprint());
    }

    /**
     * Whether the image of the job is already archived under this name. After a copy to another mount, the inode differs
     * and the modification time is rounded.
     */
    static boolean isArchived(ArchiveOrder order, ArchiveEntry entry) throws IOException {
        Optional<FileFingerprint> current = fingerprint(entry.image());
        return current.isPresent()
                && current.get().bytes() == order.fingerprint().bytes()
                && Math.abs(current.get().modifiedNanos() - order.fingerprint().modifiedNanos()) <= COARSEST_TIME_NANOS;
    }

    /** Whether the path is a folder that is reached from the root without a symbolic link. */
    boolean isFolder(Path path) throws IOException {
        Path current = folder.root();
        for (Path part : folder.root().relativize(path)) {
            // the relative path from the root to itself has one empty part
            current = current.resolve(part);
            try {
                if (!Files.readAttributes(current, BasicFileAttributes.class, NOFOLLOW_LINKS)
                        .isDirectory()) {
                    return false;
                }
            } catch (NoSuchFileException e) {
                return false;
            }
        }
        return true;
    }

    /** Creates missing folders durably. Stops at anything that is not a folder; {@link #isFolder} is false then. */
    void createFolders(Path path) throws IOException {
        Path current = folder.root();
        for (Path part : folder.root().relativize(path)) {
            current = current.resolve(part);
            if (!CarefulMove.exists(current)) {
                try {
                    Files.createDirectory(current);
                } catch (FileAlreadyExistsException e) {
                    continue; // created by another job in the meantime
                }
                Durable.sync(parent(current));
            } else if (!isFolder(current)) {
                return;
            }
        }
    }

    static Path parent(Path path) {
        return Objects.requireNonNull(path.getParent(), "parent");
    }
}
