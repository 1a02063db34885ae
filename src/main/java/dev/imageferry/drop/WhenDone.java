package dev.imageferry.drop;

/** What happens to a dropped file whose job has ended. */
public enum WhenDone {
    /** Image, sidecar and receipt go to {@code done/} or {@code failed/}. */
    MOVE,
    /** As {@link #MOVE}, but an image that is {@code AVAILABLE} is deleted once its receipt stands. */
    DELETE,
    /** The file stays where it is; only the receipt is written. */
    KEEP
}
