package dev.imageferry.drop;

import dev.imageferry.job.FileFingerprint;

/** The result of moving a file back from {@code failed/} for a retry. */
public sealed interface Restoration
        permits Restoration.Restored, Restoration.Conflict, Restoration.Missing, ArchiveHindrance {
    /**
     * Image and sidecar are where they were dropped, and the receipt is deleted.
     *
     * @param fingerprint of the image as it is now; differs if the image was edited in {@code failed/} or copied to another
     *     mount
     */
    record Restored(FileFingerprint fingerprint) implements Restoration {}

    /** Another file has one of the names in the drop folder; nothing was moved. */
    record Conflict(String message) implements Restoration {}

    /** The file is neither in {@code failed/} nor where it was dropped. */
    record Missing(String message) implements Restoration {}
}
