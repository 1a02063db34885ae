package dev.imageferry.drop;

import dev.imageferry.job.Problem;

/** Why an archive step did not come to its end. Nothing is lost; running it again goes on from where it stopped. */
public sealed interface ArchiveHindrance extends Reservation, Placement, Restoration {
    /** The folder is not there, full, or not as it has to be. The code is {@code folder-unavailable}. */
    record Unavailable(Problem problem) implements ArchiveHindrance {}

    /** The thread was interrupted; its interrupt status is set. */
    record Interrupted() implements ArchiveHindrance {}
}
