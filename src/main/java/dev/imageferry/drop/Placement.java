package dev.imageferry.drop;

import dev.imageferry.job.FileFingerprint;
import org.jspecify.annotations.Nullable;

/** The result of archiving the file of an ended job. */
public sealed interface Placement permits Placement.Placed, Placement.NameLost, ArchiveHindrance {
    /** Where the dropped content is now. */
    enum Whereabouts {
        /** In the section, under the reserved name. */
        ARCHIVED,
        /** Deleted, as ordered. */
        DELETED,
        /** Still where it was dropped. */
        LEFT,
        /** Other content has replaced it and is left alone. */
        REPLACED,
        /** Removed by someone else. */
        REMOVED
    }

    /**
     * Finished: the receipt is written, and everything is synced to the disk.
     *
     * @param leftOrNull the present fingerprint of a file that is {@link Whereabouts#LEFT}. Its change time may have changed
     */
    record Placed(Whereabouts whereabouts, @Nullable FileFingerprint leftOrNull) implements Placement {}

    /**
     * Another file has taken the reserved name. Reserve again with this name as argument, then place again. The file of the
     * job stays safe in the meantime.
     */
    record NameLost(String name) implements Placement {}
}
