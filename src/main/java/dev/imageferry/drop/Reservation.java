package dev.imageferry.drop;

/** How reserving a name for an ended job's file ended. */
public sealed interface Reservation permits Reservation.Reserved, ArchiveHindrance {
    /**
     * The name is ours: the receipt stands under it.
     *
     * @param name of the image, relative to the section's folder; to be committed before the file is placed
     */
    record Reserved(String name) implements Reservation {}
}
