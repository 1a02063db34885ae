package dev.imageferry.drop;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Problem;
import dev.imageferry.job.Reason;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.NoSuchFileException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Moves the files of ended jobs to {@code done/} or {@code failed/}, and back for a retry. Every call can be interrupted
 * at any point and repeated with the same result, and no file is ever overwritten.
 *
 * <pre>
 * reserve: create the receipt exclusively under the first free name (the caller commits the name)
 * place:   rename the sidecar, then the image, to .imageferry-JOB beside them, which scans and uploads skip
 *          if the content is not the job's any more, rename them back
 *          move the image, then the sidecar, to the reserved name; write the receipt; fsync the folders
 * </pre>
 *
 * The sidecar is renamed before the image, and only while the image is the job's. A held sidecar without a held image
 * therefore means that the image was never renamed, and a sidecar for the next image of that name is never used.
 *
 * <p>The lease of a job ensures that only one thread archives it. Different jobs can be archived concurrently by any number
 * of instances.
 */
public final class Archive {
    private final DropFolder folder;
    private final JobFiles files;

    public Archive(DropFolder folder) {
        this.folder = folder;
        this.files = new JobFiles(folder);
    }

    /**
     * Reserves the names of image, sidecars and receipt.
     *
     * @param reservedNameOrNull the result of an earlier call for this job and section; kept if possible
     */
    public Reservation reserve(ArchiveOrder order, @Nullable String reservedNameOrNull) {
        try {
            requirePresent();
            ReserveName names = new ReserveName(files);
            if (reservedNameOrNull != null && names.keep(order, reservedNameOrNull)) {
                return new Reservation.Reserved(reservedNameOrNull);
            }
            return new Reservation.Reserved(names.claimFirstFree(order));
        } catch (ClosedByInterruptException e) {
            return new ArchiveHindrance.Interrupted();
        } catch (IOException e) {
            return unavailable("cannot write the receipt of " + order.path(), e);
        }
    }

    /**
     * Archives the file and its sidecar as ordered, and writes the final receipt.
     *
     * @param name the reserved name
     */
    public Placement place(ArchiveOrder order, String name) {
        try {
            requirePresent();
            return new PlaceFiles(files).place(order, name);
        } catch (ClosedByInterruptException e) {
            return new ArchiveHindrance.Interrupted();
        } catch (IOException e) {
            return unavailable("cannot archive " + order.path(), e);
        }
    }

    /**
     * Moves image and sidecar back from {@code failed/} and deletes the receipt there.
     *
     * @param path where the image was dropped
     * @param fingerprint of the job's image; recognises a file that is already back, or was never moved
     * @param name the reserved name in {@code failed/}
     */
    public Restoration restore(UUID jobId, String path, FileFingerprint fingerprint, String name) {
        try {
            requirePresent();
            return new RestoreFiles(files).restore(jobId, path, fingerprint, name);
        } catch (ClosedByInterruptException e) {
            return new ArchiveHindrance.Interrupted();
        } catch (IOException e) {
            return unavailable("cannot move " + path + " back from failed/", e);
        }
    }

    private void requirePresent() throws IOException {
        if (!folder.isPresent()) {
            throw new NoSuchFileException(folder.root().toString());
        }
    }

    private ArchiveHindrance unavailable(String what, IOException e) {
        return new ArchiveHindrance.Unavailable(
                folder.isPresent()
                        ? new Problem(
                                ErrorCode.FOLDER_UNAVAILABLE,
                                what + " (" + Reason.of(e) + "): give the daemon free space and write access in "
                                        + folder.root() + "; archiving resumes automatically")
                        : folder.unavailable());
    }
}
