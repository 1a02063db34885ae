package dev.imageferry.convert;

import java.io.IOException;

/** The bytes of a raw disk, in their order. */
@FunctionalInterface
interface RawContent {
    /**
     * Reads the next bytes.
     *
     * @return how many, at least one; -1 at the end
     * @throws IOException if the source cannot be read
     * @throws UnfitSourceException if what is read is not valid
     */
    int read(byte[] into, int from, int length) throws IOException, UnfitSourceException;
}
