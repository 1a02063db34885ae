package dev.imageferry.web;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request as a stream. The event loop fills it, and one other thread reads it. Applies back pressure, and fails if
 * the sender is too slow.
 */
final class IncomingBody extends InputStream {
    private static final int PAUSE_AT_BYTES = 512 * 1024;
    private static final int RESUME_AT_BYTES = 128 * 1024;

    /** After an early answer, the rest of the body is discarded for this long, so that the client reads the answer. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    private final HttpServerRequest request;
    private final Context context;
    private final SenderPace pace;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Buffer> chunks = new ArrayDeque<>();
    private int position;
    private long waitingBytes;
    private long receivedBytes;
    private boolean started;
    private boolean paused;
    private boolean ended;
    private @Nullable Throwable failure;

    /** Must be called on the event loop of the request. */
    IncomingBody(HttpServerRequest request, SenderPace pace) {
        this.request = request;
        this.context = Objects.requireNonNull(Vertx.currentContext(), "not on the event loop");
        this.pace = pace;
        if (request.isEnded()) {
            ended = true;
            return;
        }
        request.pause();
        request.exceptionHandler(this::failed);
        request.endHandler(nothing -> ended());
        request.handler(this::arrived);
    }

    private void arrived(Buffer chunk) {
        lock.lock();
        try {
            chunks.add(chunk);
            waitingBytes += chunk.length();
            if (waitingBytes >= PAUSE_AT_BYTES && !paused) {
                paused = true;
                request.pause();
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void ended() {
        lock.lock();
        try {
            ended = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void failed(Throwable reason) {
        lock.lock();
        try {
            failure = reason;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) {
            return 0;
        }
        lock.lock();
        try {
            start();
            Buffer chunk = awaitChunk();
            if (chunk == null) {
                return -1;
            }
            int count = Math.min(length, chunk.length() - position);
            chunk.getBytes(position, position + count, into, offset);
            position += count;
            if (position == chunk.length()) {
                chunks.remove();
                position = 0;
            }
            waitingBytes -= count;
            if (paused && waitingBytes <= RESUME_AT_BYTES) {
                paused = false;
                context.runOnContext(nothing -> request.resume());
            }
            return count;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("The daemon is stopping.");
        } finally {
            lock.unlock();
        }
    }

    private void start() {
        if (!started) {
            started = true;
            context.runOnContext(nothing -> {
                if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
                    request.response().writeContinue();
                }
                request.resume();
            });
        }
    }

    /** The next chunk; null at the end of the body. */
    private @Nullable Buffer awaitChunk() throws IOException, InterruptedException {
        while (chunks.isEmpty() || chunks.getFirst().length() == 0) {
            if (!chunks.isEmpty()) {
                chunks.remove();
                continue;
            }
            if (ended) {
                return null;
            }
            if (failure != null) {
                throw new SenderException.Disconnected("The connection broke after " + receivedBytes + " bytes.");
            }
            long before = System.nanoTime();
            changed.awaitNanos(pace.remainingNanos());
            pace.waited(System.nanoTime() - before);
            if (chunks.isEmpty() && pace.isTooSlow()) {
                throw new SenderException.TooSlow(receivedBytes);
            }
        }
        Buffer chunk = chunks.getFirst();
        if (position == 0) {
            receivedBytes += chunk.length();
            pace.received(chunk.length());
        }
        return chunk;
    }

    /** Discards the rest of the body, then closes the connection. Must be called on the event loop, after the answer. */
    void discardRest() {
        if (request.isEnded()) {
            return;
        }
        request.handler(chunk -> {});
        request.resume();
        context.owner().setTimer(LINGER.toMillis(), timer -> {
            if (!request.isEnded()) {
                request.connection().close();
            }
        });
    }
}
