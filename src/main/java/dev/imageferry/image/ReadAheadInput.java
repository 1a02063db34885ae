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
 * The file, read ahead and summed up by a thread of its own, so that whoever inflates it waits for neither. The two threads
 * pass {@value #BUFFERS} buffers round, and one who is faster waits for the other. What is found out while reading is told
 * where in the file it was found: all bytes before it come first.
 *
 * <p>Remembers its own failure, so that a disk that cannot be read is never taken for a bad gzip. Closing it ends the thread,
 * waits for that, and leaves the channel to its opener; a thread that was ended while it read has closed it, though.
 */
final class ReadAheadInput extends InputStream {
    static final String THREAD_NAME_PREFIX = "read-ahead ";

    private static final int BUFFERS = 4;
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final long PROGRESS_EVERY_BYTES = 1 << 20;

    /** What the reading thread hands over. */
    private sealed interface Piece {
        /** @param buffer comes back through {@link #free} */
        record Bytes(ByteBuffer buffer) implements Piece {}

        /** There is no more, and the sums are complete. */
        record End() implements Piece {}

        record Failure(Throwable cause) implements Piece {}
    }

    private final FileChannel channel;
    private final String fileName;
    private final long expectedBytes;
    private final LongConsumer progress;
    private final FileSums sums = new FileSums();
    private final BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(BUFFERS);
    // room for all buffers and the last piece, so that handing over never waits
    private final BlockingQueue<Piece> filled = new ArrayBlockingQueue<>(BUFFERS + 1);
    private final Thread reader;

    private @Nullable Piece current;
    private long bytesTaken;
    private long nextProgress = PROGRESS_EVERY_BYTES;
    private boolean failed;

    /** Starts to read. */
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
        // not virtual: it computes, and would keep a carrier from the uploads
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
                    sums.update(buffer.flip());
                    piece = new Piece.Bytes(buffer);
                }
                filled.add(piece);
            } while (piece instanceof Piece.Bytes);
        } catch (Throwable e) {
            // an interruption too: it comes from close(), and then nobody looks
            filled.add(new Piece.Failure(e));
        }
    }

    private void requireUnchanged(boolean asExpected) throws IOException {
        if (!asExpected) {
            throw new IOException("%s changed while it was read: %s bytes at first, now %s"
                    .formatted(fileName, Printable.count(expectedBytes), Printable.count(channel.size())));
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /**
     * @throws ClosedByInterruptException when the calling thread is interrupted, which it stays
     * @throws IOException when the file cannot be read or has changed its size
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

    /** The piece that has bytes left, or the last one of all. */
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

    /** Whether reading has failed, so that what a decoder throws is no word on the content. */
    boolean hasFailed() {
        return failed;
    }

    /** The sums of the whole file. */
    FileSums sums() {
        if (!(current instanceof Piece.End)) {
            throw new IllegalStateException(fileName + " was not read to its end");
        }
        return sums;
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
