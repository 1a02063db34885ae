package dev.imageferry.convert;

import dev.imageferry.image.Printable;
import dev.imageferry.job.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * An open source file. As a stream, it reads the file from the beginning and computes its SHA-256; {@link #at} reads a part of it
 * without that. {@link #hasFailed()} distinguishes an unreadable file from an error of the decoder above it.
 */
final class SourceFile extends InputStream {
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final long PROGRESS_EVERY_BYTES = 1 << 20;

    /** The change time cannot be set by the owner of a file, so that it proves that nothing was written. */
    private static final String IDENTITY = "unix:ino,size,lastModifiedTime,ctime";

    private final Path path;
    private final String name;
    private final FileChannel channel;
    private final Map<String, Object> identity;
    private final long bytes;
    private final LongConsumer progress;
    private final MessageDigest sha256 = Digests.of("SHA-256");
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int next;
    private int filled;
    private long position;
    private long nextProgress = PROGRESS_EVERY_BYTES;
    private boolean failed;

    private SourceFile(Path path, FileChannel channel, LongConsumer progress) throws IOException {
        this.path = path;
        this.name = Printable.fileName(path);
        this.channel = channel;
        this.identity = identity();
        this.bytes = channel.size();
        this.progress = progress;
    }

    /** @param progress receives the bytes that were read as a stream, about once for each MiB */
    static SourceFile open(Path path, LongConsumer progress) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            // opening a named pipe would wait for a writer
            throw new IOException(Printable.fileName(path) + " is not a regular file");
        }
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        boolean opened = false;
        try {
            SourceFile file = new SourceFile(path, channel, progress);
            opened = true;
            return file;
        } finally {
            if (!opened) {
                channel.close();
            }
        }
    }

    Path path() {
        return path;
    }

    /** The printable file name. */
    String name() {
        return name;
    }

    /** The size of the file. */
    long bytes() {
        return bytes;
    }

    /** How far the stream was read. */
    long position() {
        return position;
    }

    /** Whether reading failed, so that an exception of a decoder is not about the content. */
    boolean hasFailed() {
        return failed;
    }

    FileChannel channel() {
        return channel;
    }

    /** The bytes at an offset; fewer where the file ends, none outside it. */
    byte[] at(long offset, int count) throws IOException {
        if (offset < 0 || offset >= bytes) {
            return new byte[0];
        }
        ByteBuffer part = ByteBuffer.allocate((int) Math.min(count, bytes - offset));
        while (part.hasRemaining()) {
            if (channel.read(part, offset + part.position()) < 0) {
                throw changed();
            }
        }
        return part.array();
    }

    @Override
    public int read() throws IOException {
        return fill() ? buffer[next++] & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, filled - next);
        System.arraycopy(buffer, next, into, from, count);
        next += count;
        return count;
    }

    /** Whether the buffer has bytes; false at the end of the file. */
    private boolean fill() throws IOException {
        if (next < filled) {
            return true;
        }
        failed = true;
        int count = channel.read(ByteBuffer.wrap(buffer), position);
        if (count < 0 ? position != bytes : position + count > bytes) {
            throw changed();
        }
        failed = false;
        next = 0;
        filled = Math.max(0, count);
        position += filled;
        sha256.update(buffer, 0, filled);
        if (position >= nextProgress || position == bytes) {
            nextProgress = position + PROGRESS_EVERY_BYTES;
            progress.accept(position);
        }
        return filled > 0;
    }

    /** Reads the next block for the digest only. Returns false at the end of the file. */
    boolean digestNext() throws IOException {
        next = filled;
        return fill();
    }

    /** Reads the rest of the file and returns the SHA-256 of all of it; can be called once. */
    String sha256() throws IOException {
        while (digestNext()) {}
        return HexFormat.of().formatHex(sha256.digest());
    }

    /** @throws IOException if the path is another file now, or the file was written since it was opened */
    void requireUnchanged() throws IOException {
        if (!identity().equals(identity)) {
            throw changed();
        }
    }

    private Map<String, Object> identity() throws IOException {
        return Files.readAttributes(path, IDENTITY, LinkOption.NOFOLLOW_LINKS);
    }

    private IOException changed() {
        return new IOException(name + " changed while it was read");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
