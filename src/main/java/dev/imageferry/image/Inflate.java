package dev.imageferry.image;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;

/** Decompresses raw deflate streams (RFC 1951), one after another. For one thread. */
interface Inflate extends AutoCloseable {
    /** Begins a new stream. */
    void begin();

    /**
     * Decompresses until the input is empty, the output is full or the stream has ended. Advances the position of the input.
     *
     * @param input empty to get what is left of the output of earlier input
     * @return the number of bytes written to the output
     */
    int inflate(ByteBuffer input, byte[] output) throws DataFormatException;

    boolean hasEnded();

    /** The bytes after the end of the stream that were already taken from the input. */
    byte[] surplus();

    @Override
    void close();
}
