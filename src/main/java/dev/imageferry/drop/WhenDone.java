package dev.imageferry.drop;

/** {@code imageferry.drop.when-done}: what to do with the file of an ended job. */
public enum WhenDone {
    /** Move image and sidecar to {@code done/} or {@code failed/}, and write a receipt there. */
    MOVE,
    /** As {@link #MOVE}, but delete the file if its image is {@code AVAILABLE}, after the receipt is written. */
    DELETE,
    /** Leave the file where it is and write only the receipt. */
    KEEP
}
