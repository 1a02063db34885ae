package dev.imageferry.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file and computes its digests on other threads, so that decompression waits for neither: one reads and computes
 * SHA-256 and CRC32C, another computes MD5, which is the slowest. The threads share {@value #BUFFERS} buffers. A read error is
 * reported after all bytes before it. A file that fits into one buffer is read by the caller, because starting two threads would
 * take longer.
 *
 * <p>{@link #hasFailed()} distinguishes an unreadable file from invalid gzip data. Closing it stops the threads and does not
 * close the channel, unless a thread was interrupted while reading.
 */
final class ReadAhead implements AutoCloseable {
    static final String THREAD_NAME_PREFIX = "read-ahead ";

    private static final int BUFFERS = 4;
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final long PROGRESS_EVERY_BYTES = 1 << 20;

    /** The reader passes each block to the caller and to the thread that computes the MD5. */
    private static final int USERS = 2;

    /** What the reading thread passes on. */
    private sealed interface Piece {
        /** @param users those who have not returned it yet */
        record Block(ByteBuffer bytes, AtomicInteger users) implements Piece {}

        record End() implements Piece {}

        record Failure(Throwable cause) implements Piece {}
    }

    private final FileChannel channel;
    private final String fileName;
    private final long expectedBytes;
    private final LongConsumer progress;
    private final FileDigests digests = new FileDigests();
    private final BlockingQueue<Piece.Block> free = new ArrayBlockingQueue<>(BUFFERS);
    // have space for all blocks and the last piece, so that adding never blocks
    private final BlockingQueue<Piece> filled = new ArrayBlockingQueue<>(BUFFERS + 1);
    private final BlockingQueue<Piece> toDigest = new ArrayBlockingQueue<>(BUFFERS + 1);
    private final List<Thread> threads;

    /** Used only by the thread that reads. */
    private long bytesRead;

    private @Nullable Piece current;
    private ByteBuffer chunk = ByteBuffer.allocate(0);
    private long bytesTaken;
    private long nextProgress = PROGRESS_EVERY_BYTES;
    private boolean failed;

    static ReadAhead start(FileChannel channel, String fileName, long expectedBytes, LongConsumer progress) {
        ReadAhead input = new ReadAhead(channel, fileName, expectedBytes, progress);
        input.threads.forEach(Thread::start);
        return input;
    }

    private ReadAhead(FileChannel channel, String fileName, long expectedBytes, LongConsumer progress) {
        this.channel = channel;
        this.fileName = fileName;
        this.expectedBytes = expectedBytes;
        this.progress = progress;
        // platform threads: a virtual one would occupy a carrier thread while it computes
        this.threads = expectedBytes <= BUFFER_BYTES
                ? List.of()
                : List.of(
                        Thread.ofPlatform()
                                .name(THREAD_NAME_PREFIX + fileName)
                                .daemon()
                                .unstarted(this::readToEnd),
                        Thread.ofPlatform()
                                .name(THREAD_NAME_PREFIX + "md5 " + fileName)
                                .daemon()
                                .unstarted(this::computeMd5));
        int bufferBytes = isReadByCaller() ? (int) expectedBytes + 1 : BUFFER_BYTES;
        for (int i = 0; i < (isReadByCaller() ? 1 : BUFFERS); i++) {
            free.add(new Piece.Block(ByteBuffer.allocate(bufferBytes), new AtomicInteger()));
        }
    }

    private boolean isReadByCaller() {
        return threads.isEmpty();
    }

    private void readToEnd() {
        try {
            Piece piece;
            do {
                piece = read(free.take());
                toDigest.add(piece);
                if (piece instanceof Piece.Block block) {
                    digests.updateSha256AndCrc(block.bytes());
                }
                filled.add(piece);
            } while (piece instanceof Piece.Block);
        } catch (Throwable e) {
            // also an interruption by close(), after which nobody reads
            Piece failure = new Piece.Failure(e);
            toDigest.add(failure);
            filled.add(failure);
        }
    }

    /** Reads the next bytes into a block that is free. */
    private Piece read(Piece.Block block) throws IOException {
        int length = channel.read(block.bytes().clear());
        if (length < 0) {
            requireUnchanged(bytesRead == expectedBytes);
            return new Piece.End();
        }
        bytesRead += length;
        requireUnchanged(bytesRead <= expectedBytes);
        block.bytes().flip();
        block.users().set(isReadByCaller() ? 1 : USERS);
        return block;
    }

    private Piece readHere() throws InterruptedException {
        try {
            Piece piece = read(free.take());
            if (piece instanceof Piece.Block block) {
                digests.updateSha256AndCrc(block.bytes());
                digests.updateMd5(block.bytes());
            }
            return piece;
        } catch (IOException e) {
            return new Piece.Failure(e);
        }
    }

    private void computeMd5() {
        try {
            while (toDigest.take() instanceof Piece.Block block) {
                digests.updateMd5(block.bytes());
                release(block);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // by close(), after which nobody needs the digest
        }
    }

    private void release(Piece.Block block) {
        if (block.users().decrementAndGet() == 0) {
            free.add(block);
        }
    }

    private void requireUnchanged(boolean asExpected) throws IOException {
        if (!asExpected) {
            throw new IOException("%s changed while it was read: it had %s bytes, now it has %s"
                    .formatted(fileName, Printable.count(expectedBytes), Printable.count(channel.size())));
        }
    }

    /**
     * The bytes that follow, at least one; empty at the end of the file. The caller advances the position of the buffer, which is
     * valid until all its bytes are taken.
     *
     * @throws ClosedByInterruptException if the calling thread is interrupted; its status stays set
     * @throws IOException if the file cannot be read or its size has changed
     */
    ByteBuffer chunk() throws IOException {
        while (!chunk.hasRemaining() && !(current instanceof Piece.End)) {
            next();
        }
        return chunk;
    }

    private void next() throws IOException {
        if (current instanceof Piece.Failure failure) {
            throw asThrown(failure.cause());
        }
        if (current instanceof Piece.Block block) {
            current = null;
            release(block);
        }
        try {
            Piece piece = isReadByCaller() ? readHere() : filled.take();
            current = piece;
            switch (piece) {
                case Piece.Block block -> {
                    chunk = block.bytes().duplicate();
                    bytesTaken += chunk.remaining();
                    reportProgress();
                }
                case Piece.End() -> {}
                case Piece.Failure failure -> failed = true;
            }
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private ClosedByInterruptException interrupted() {
        failed = true;
        Thread.currentThread().interrupt();
        return new ClosedByInterruptException();
    }

    private static IOException asThrown(Throwable cause) {
        if (cause instanceof IOException e) {
            return e;
        }
        throw new IllegalStateException("reading ahead failed", cause);
    }

    private void reportProgress() {
        if (bytesTaken >= nextProgress || bytesTaken == expectedBytes) {
            nextProgress = bytesTaken + PROGRESS_EVERY_BYTES;
            progress.accept(bytesTaken);
        }
    }

    /** The bytes that {@link #chunk} has returned, including those that are still in the chunk. */
    long bytesTaken() {
        return bytesTaken;
    }

    /** Whether reading failed, so that an exception of the decoder is not about the content. */
    boolean hasFailed() {
        return failed;
    }

    /**
     * The digests of the whole file, available at its end.
     *
     * @throws ClosedByInterruptException if the calling thread is interrupted
     */
    FileDigests digests() throws IOException {
        if (!(current instanceof Piece.End)) {
            throw new IllegalStateException(fileName + " was not read to its end");
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
            return digests;
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    @Override
    public void close() {
        boolean interrupted = false;
        for (Thread thread : threads) {
            thread.interrupt();
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
