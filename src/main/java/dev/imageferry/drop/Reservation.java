package dev.imageferry.drop;

/** The result of reserving a name in {@code done/} or {@code failed/}. */
public sealed interface Reservation permits Reservation.Reserved, ArchiveHindrance {
    /**
     * The receipt exists under this name.
     *
     * @param name of the image, relative to the section's folder; commit it before placing the file
     */
    record Reserved(String name) implements Reservation {}
}
