package dev.imageferry.drop;

import dev.imageferry.job.Problem;

/** Why an archive step was not completed. Nothing is lost: repeating the step continues where it stopped. */
public sealed interface ArchiveHindrance extends Reservation, Placement, Restoration {
    /** The folder is missing, full or not accessible. The code is {@code folder-unavailable}. */
    record Unavailable(Problem problem) implements ArchiveHindrance {}

    /** The thread was interrupted; its interrupt status is set. */
    record Interrupted() implements ArchiveHindrance {}
}
