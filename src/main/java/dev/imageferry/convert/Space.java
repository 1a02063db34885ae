package dev.imageferry.convert;

import java.io.IOException;

/** The space on the disk of the target that one conversion may use. Called by one thread at a time. */
public interface Space {
    /**
     * Reserves space before it is written.
     *
     * @param bytes that are written next, besides those that were reported by {@link #written}
     * @throws NoSpaceException if the disk does not have so much, with the numbers
     */
    void require(long bytes) throws IOException;

    /** So many bytes of the reserved ones are on the disk. */
    void written(long bytes);
}
