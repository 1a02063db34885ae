package dev.imageferry.drop;

import dev.imageferry.file.Durable;
import dev.imageferry.job.FileFingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/** Moves image and sidecars from {@code failed/} back into the drop folder, so that the job can be retried. */
final class RestoreFiles {
    private final JobFiles files;

    RestoreFiles(JobFiles files) {
        this.files = files;
    }

    Restoration restore(UUID jobId, String path, FileFingerprint fingerprint, String name) throws IOException {
        ArchiveEntry entry = files.entry(Section.FAILED, name);
        Path source = files.dropped(path);
        boolean folderExists = files.isFolder(entry.folder());
        boolean receiptIsOurs = folderExists && Receipts.owner(entry.receipt(), jobId) == Receipts.Owner.THIS_JOB;
        Optional<FileFingerprint> archived = folderExists ? JobFiles.fingerprint(entry.image()) : Optional.empty();
        // if the receipt was deleted, only the unchanged file is accepted
        boolean isArchived = receiptIsOurs
                ? archived.isPresent()
                : archived.isPresent() && archived.get().equalsButForChangeTime(fingerprint);
        if (!isArchived) {
            // the file was never moved, or an interrupted run has already moved it back
            Optional<FileFingerprint> current = files.fingerprintAt(path);
            if (current.isPresent() && current.get().equalsButForChangeTime(fingerprint)) {
                return restored(source, entry, receiptIsOurs);
            }
            return current.isPresent()
                    ? nameTaken(path)
                    : new Restoration.Missing(path + " is neither in failed/ (as " + entry.name()
                            + ") nor in the drop folder: drop it again");
        }
        files.createFolders(JobFiles.parent(source));
        if (!files.isFolder(JobFiles.parent(source))) {
            return new Restoration.Conflict("cannot create the folder of " + path
                    + ", because its name is taken by a file or a symbolic link: move that away, then retry");
        }
        HeldFiles names = new HeldFiles(jobId, source, true);
        if (isTaken(entry.image(), source)) {
            return nameTaken(path);
        }
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            if (isTaken(entry.sidecar(suffix), names.sourceSidecar(suffix))) {
                return nameTaken(path + suffix);
            }
        }
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            if (CarefulMove.isRegular(entry.sidecar(suffix))
                    && CarefulMove.moveIfFree(entry.sidecar(suffix), names.sourceSidecar(suffix))
                            != CarefulMove.Outcome.MOVED) {
                return nameTaken(path + suffix);
            }
        }
        // the image moves last, because it must not settle without its sidecar
        if (CarefulMove.moveIfFree(entry.image(), source) != CarefulMove.Outcome.MOVED) {
            return nameTaken(path);
        }
        return restored(source, entry, receiptIsOurs);
    }

    private static Restoration restored(Path source, ArchiveEntry entry, boolean deleteReceipt) throws IOException {
        // the receipt shows whose file this is, so it is deleted only when the move is durable
        Durable.sync(JobFiles.parent(source));
        if (deleteReceipt) {
            Files.deleteIfExists(entry.receipt());
            Durable.sync(entry.folder());
        }
        return new Restoration.Restored(FileFingerprint.of(source));
    }

    private static boolean isTaken(Path from, Path to) throws IOException {
        return CarefulMove.isRegular(from) && CarefulMove.exists(to) && !CarefulMove.isSame(from, to);
    }

    private static Restoration nameTaken(String path) {
        return new Restoration.Conflict(
                path + " cannot be moved back from failed/, because the drop folder has another file of that name: move"
                        + " that away, then retry");
    }
}
