package dev.imageferry.convert;

import java.io.IOException;
import org.tukaani.xz.SeekableInputStream;

/** Reads parts of a source file for the decoder of the xz index. */
final class SeekableSource extends SeekableInputStream {
    private final SourceFile source;
    private long position;
    private boolean failed;

    SeekableSource(SourceFile source) {
        this.source = source;
    }

    /** Whether the file could not be read. */
    boolean hasFailed() {
        return failed;
    }

    @Override
    public long length() {
        return source.bytes();
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public void seek(long to) {
        position = to;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        failed = true;
        byte[] part = source.at(position, length);
        failed = false;
        System.arraycopy(part, 0, into, from, part.length);
        position += part.length;
        return part.length == 0 ? -1 : part.length;
    }
}
