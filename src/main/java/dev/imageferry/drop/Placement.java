package dev.imageferry.drop;

/** How placing an ended job's file ended. */
public sealed interface Placement permits Placement.Placed, Placement.NameLost, ArchiveHindrance {
    /** Where the dropped content is now. */
    enum Whereabouts {
        /** In the section, under the reserved name. */
        ARCHIVED,
        /** Deleted, as asked for. */
        DELETED,
        /** Still where it was dropped. */
        LEFT,
        /** Another content stands at its place, and is left alone. */
        REPLACED,
        /** Somebody removed it. */
        REMOVED
    }

    /** Finished: the receipt stands, and everything has reached the disk. */
    record Placed(Whereabouts whereabouts) implements Placement {}

    /**
     * Something that is not ours has taken the reserved name. Reserve again, giving the lost name, then place again; the
     * file is safe meanwhile.
     */
    record NameLost(String name) implements Placement {}
}
