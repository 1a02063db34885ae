package dev.imageferry.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file and computes its digests on a second thread, so that decompression does not wait for either. The threads
 * exchange {@value #BUFFERS} buffers. A read error is reported after all bytes before it.
 *
 * <p>{@link #hasFailed()} distinguishes an unreadable file from invalid gzip data. Closing it stops the thread and does not
 * close the channel, unless the thread was interrupted while reading.
 */
final class ReadAheadInput extends InputStream {
    static final String THREAD_NAME_PREFIX = "read-ahead ";

    private static final int BUFFERS = 4;
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final long PROGRESS_EVERY_BYTES = 1 << 20;

    /** What the reading thread passes on. */
    private sealed interface Piece {
        /** @param buffer returned through {@link #free} */
        record Bytes(ByteBuffer buffer) implements Piece {}

        /** The end of the file; the digests are complete. */
        record End() implements Piece {}

        record Failure(Throwable cause) implements Piece {}
    }

    private final FileChannel channel;
    private final String fileName;
    private final long expectedBytes;
    private final LongConsumer progress;
    private final FileDigests digests = new FileDigests();
    private final BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(BUFFERS);
    // has space for all buffers and the last piece, so that adding never blocks
    private final BlockingQueue<Piece> filled = new ArrayBlockingQueue<>(BUFFERS + 1);
    private final Thread reader;

    private @Nullable Piece current;
    private long bytesTaken;
    private long nextProgress = PROGRESS_EVERY_BYTES;
    private boolean failed;

    static ReadAheadInput start(FileChannel channel, String fileName, long expectedBytes, LongConsumer progress) {
        ReadAheadInput input = new ReadAheadInput(channel, fileName, expectedBytes, progress);
        input.reader.start();
        return input;
    }

    private ReadAheadInput(FileChannel channel, String fileName, long expectedBytes, LongConsumer progress) {
        this.channel = channel;
        this.fileName = fileName;
        this.expectedBytes = expectedBytes;
        this.progress = progress;
        for (int i = 0; i < BUFFERS; i++) {
            free.add(ByteBuffer.allocate(BUFFER_BYTES));
        }
        // a platform thread: a virtual one would occupy a carrier thread while it computes
        reader =
                Thread.ofPlatform().name(THREAD_NAME_PREFIX + fileName).daemon().unstarted(this::readToEnd);
    }

    private void readToEnd() {
        try {
            long bytesRead = 0;
            Piece piece;
            do {
                ByteBuffer buffer = free.take().clear();
                int length = channel.read(buffer);
                if (length < 0) {
                    requireUnchanged(bytesRead == expectedBytes);
                    piece = new Piece.End();
                } else {
                    bytesRead += length;
                    requireUnchanged(bytesRead <= expectedBytes);
                    digests.update(buffer.flip());
                    piece = new Piece.Bytes(buffer);
                }
                filled.add(piece);
            } while (piece instanceof Piece.Bytes);
        } catch (Throwable e) {
            // also an interruption by close(), after which nobody reads
            filled.add(new Piece.Failure(e));
        }
    }

    private void requireUnchanged(boolean asExpected) throws IOException {
        if (!asExpected) {
            throw new IOException("%s changed while it was read: it had %s bytes, now it has %s"
                    .formatted(fileName, Printable.count(expectedBytes), Printable.count(channel.size())));
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /**
     * @throws ClosedByInterruptException if the calling thread is interrupted; its status stays set
     * @throws IOException if the file cannot be read or its size has changed
     */
    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        return switch (current()) {
            case Piece.Bytes bytes -> {
                int count = Math.min(length, bytes.buffer().remaining());
                bytes.buffer().get(target, offset, count);
                yield count;
            }
            case Piece.End() -> -1;
            case Piece.Failure failure -> {
                failed = true;
                throw asThrown(failure.cause());
            }
        };
    }

    private static IOException asThrown(Throwable cause) {
        if (cause instanceof IOException e) {
            return e;
        }
        throw new IllegalStateException("reading ahead failed", cause);
    }

    /** The piece that has bytes left, or the last one. */
    private Piece current() throws IOException {
        Piece piece = current;
        while (piece == null
                || (piece instanceof Piece.Bytes bytes && !bytes.buffer().hasRemaining())) {
            piece = next(piece);
            current = piece;
        }
        return piece;
    }

    private Piece next(@Nullable Piece before) throws IOException {
        if (before instanceof Piece.Bytes bytes) {
            free.add(bytes.buffer());
            current = null;
        }
        try {
            Piece piece = filled.take();
            if (piece instanceof Piece.Bytes bytes) {
                bytesTaken += bytes.buffer().remaining();
                reportProgress();
            }
            return piece;
        } catch (InterruptedException e) {
            failed = true;
            Thread.currentThread().interrupt();
            throw new ClosedByInterruptException();
        }
    }

    private void reportProgress() {
        if (bytesTaken >= nextProgress || bytesTaken == expectedBytes) {
            nextProgress = bytesTaken + PROGRESS_EVERY_BYTES;
            progress.accept(bytesTaken);
        }
    }

    /** Whether reading failed, so that an exception of the decoder is not about the content. */
    boolean hasFailed() {
        return failed;
    }

    /** The digests of the whole file, available at its end. */
    FileDigests digests() {
        if (!(current instanceof Piece.End)) {
            throw new IllegalStateException(fileName + " was not read to its end");
        }
        return digests;
    }

    @Override
    public void close() {
        reader.interrupt();
        boolean interrupted = false;
        while (reader.isAlive()) {
            try {
                reader.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
