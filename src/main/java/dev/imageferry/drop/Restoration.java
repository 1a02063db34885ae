package dev.imageferry.drop;

import dev.imageferry.job.FileFingerprint;

/** How giving a file back for another try ended. */
public sealed interface Restoration
        permits Restoration.Restored, Restoration.Conflict, Restoration.Missing, ArchiveHindrance {
    /**
     * Image and sidecar are where they were dropped; the receipt is gone and the archived name free.
     *
     * @param fingerprint of the image as it is now: another one than before when it was edited in {@code failed/}, or has
     *     come over a mount boundary
     */
    record Restored(FileFingerprint fingerprint) implements Restoration {}

    /** A name in the drop folder is taken by something else; nothing was moved. */
    record Conflict(String message) implements Restoration {}

    /** The file is neither in {@code failed/} nor where it was dropped. */
    record Missing(String message) implements Restoration {}
}
