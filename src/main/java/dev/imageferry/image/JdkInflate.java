package dev.imageferry.image;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Decompresses with the zlib of the JDK. */
final class JdkInflate implements Inflate {
    private static final byte[] NOTHING = {};

    private final Inflater inflater = new Inflater(true);

    @Override
    public void begin() {
        inflater.reset();
    }

    @Override
    public int inflate(ByteBuffer input, byte[] output) throws DataFormatException {
        inflater.setInput(input);
        return inflater.inflate(output);
    }

    @Override
    public boolean hasEnded() {
        return inflater.finished();
    }

    @Override
    public byte[] surplus() {
        return NOTHING; // zlib returns it to the input
    }

    @Override
    public void close() {
        inflater.end();
    }
}
