package dev.imageferry.convert;

import dev.imageferry.file.DiskFull;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;

/** A new file on the disk of the target, written from its beginning. Space is reserved before each write. */
final class TargetFile implements AutoCloseable {
    /** Zeroes of this length at such an offset stay a hole. */
    private static final int HOLE_BYTES = 64 * 1024;

    private static final byte[] ZEROES = new byte[HOLE_BYTES];

    private final Path path;
    private final FileChannel channel;
    private final Space space;
    private long position;

    /** @param path for messages and for the free space of its disk */
    TargetFile(Path path, FileChannel channel, Space space) {
        this.path = path;
        this.channel = channel;
        this.space = space;
    }

    void write(ByteBuffer bytes) throws IOException {
        int count = bytes.remaining();
        space.require(count);
        try {
            while (bytes.hasRemaining()) {
                position += channel.write(bytes, position);
            }
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw DiskFull.explains(path, count, e) ? NoSpaceException.on(path) : e;
        }
        space.written(count);
    }

    /** Leaves a hole for each block of zeroes. */
    void writeSparse(byte[] bytes, int length) throws IOException {
        for (int from = 0; from < length; ) {
            int count = Math.min(length - from, HOLE_BYTES - (int) (position % HOLE_BYTES));
            if (Arrays.equals(bytes, from, from + count, ZEROES, 0, count)) {
                skip(count);
            } else {
                write(ByteBuffer.wrap(bytes, from, count));
            }
            from += count;
        }
    }

    /** Leaves a hole. */
    void skip(long bytes) {
        position += bytes;
    }

    /** Extends the file to its end, if it ends in a hole. */
    void end() throws IOException {
        if (channel.size() < position) {
            position--;
            write(ByteBuffer.allocate(1));
        }
    }

    void sync() throws IOException {
        try {
            channel.force(true);
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw DiskFull.explains(path, 0, e) ? NoSpaceException.on(path) : e;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
