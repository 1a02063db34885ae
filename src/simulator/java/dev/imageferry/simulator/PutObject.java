package dev.imageferry.simulator;

import dev.imageferry.simulator.RequestListener.Moment;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Optional;

/**
 * One PUT to the bucket, from its headers to its end. The bytes are hashed and decompressed as they pass and dropped;
 * what is not read yet stays with the client. All of it runs on the event loop of the connection, except the
 * decompression of a part that expands to a lot.
 */
final class PutObject {
    private static final long NANOS = 1_000_000_000;

    /** About a millisecond of work. */
    private static final long UNCOMPRESSED_ON_EVENT_LOOP = 1 << 20;

    private final BucketDoor door;
    private final HttpServerRequest request;
    private final Exchange exchange;
    private final Optional<ImageRow> row;
    private final Optional<Effect.OnRequest> fault;
    private final ObjectHash hash = new ObjectHash();
    private final Gunzip gunzip;
    private long lastByteAt = System.nanoTime();
    private boolean held;
    private boolean over;

    PutObject(
            BucketDoor door,
            HttpServerRequest request,
            Exchange exchange,
            Optional<ImageRow> row,
            Optional<Effect.OnRequest> fault) {
        this.door = door;
        this.request = request;
        this.exchange = exchange;
        this.row = row;
        this.fault = fault;
        gunzip = new Gunzip(
                door.options().uncompressedLimitBytes(), door.options().trailingBytes());
    }

    /** Reads the body, unless a fault is against it. The request is paused until here. */
    void start() {
        switch (fault.orElse(null)) {
            case Effect.CutBeforeHandling ignored -> door.answering().cut(request, exchange);
            case Effect.AnswerEarly early -> door.answering().sendAndClose(request, exchange, early.answer());
            case null, default -> read();
        }
    }

    private void read() {
        door.log().putBegan(exchange);
        door.countPut(row, 1);
        if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
            request.response().writeContinue();
        }
        request.response().closeHandler(closed -> lost());
        request.exceptionHandler(broken -> lost());
        request.handler(this::part);
        request.endHandler(ended -> complete());
        watchIdle(door.options().bodyIdleTimeout());
        goOnAfter(strike(0, 0));
    }

    private void part(Buffer part) {
        if (over) {
            return;
        }
        long before = hash.bytes();
        byte[] bytes = part.getBytes();
        hash.add(bytes);
        gunzip.feed(bytes);
        long after = hash.bytes();
        lastByteAt = System.nanoTime();
        exchange.received(part.length());
        Future<Void> told = door.listeners().anyBetween(before, after)
                ? door.listeners().tellReceived(exchange, before, after)
                : Future.succeededFuture();
        Future<Void> pause = told.compose(done -> decompress()).compose(done -> strike(after, part.length()));
        if (!pause.isComplete()) {
            goOnAfter(pause);
        }
    }

    private Future<Void> decompress() {
        return gunzip.run(UNCOMPRESSED_ON_EVENT_LOOP)
                ? Future.succeededFuture()
                : door.timers().onWorker(() -> gunzip.run(Long.MAX_VALUE / 2));
    }

    /** Completes when the fault lets the PUT go on: at once where there is none. */
    private Future<Void> strike(long received, int fresh) {
        return switch (fault.orElse(null)) {
            case Effect.CutAfter cut
            when received >= cut.bytes() -> {
                cutNow();
                yield Promise.<Void>promise().future(); // never
            }
            case Effect.StallAfter stall
            when received >= stall.bytes() -> {
                door.log().putEnded(exchange);
                door.timers().after(stall.limit(), this::cutNow);
                yield Promise.<Void>promise().future(); // never
            }
            case Effect.ReadSlowly slow ->
                pause(Duration.ofNanos((long) ((double) fresh / slow.bytesPerSecond() * NANOS)));
            case null, default -> Future.succeededFuture();
        };
    }

    private Future<Void> pause(Duration duration) {
        Promise<Void> passed = Promise.promise();
        door.timers().after(duration, passed::complete);
        return passed.future();
    }

    /** Reads no further until this is over. */
    private void goOnAfter(Future<Void> pause) {
        held = true;
        request.pause();
        pause.onComplete(done -> {
            held = false;
            lastByteAt = System.nanoTime();
            request.resume();
        });
    }

    private void watchIdle(Duration patience) {
        door.timers().after(patience, () -> {
            Duration idle = Duration.ofNanos(System.nanoTime() - lastByteAt);
            if (over) {
                return;
            }
            if (held) {
                watchIdle(door.options().bodyIdleTimeout());
            } else if (idle.compareTo(door.options().bodyIdleTimeout()) >= 0) {
                cutNow();
            } else {
                watchIdle(door.options().bodyIdleTimeout().minus(idle));
            }
        });
    }

    /** All bytes that the headers announced are here. */
    private void complete() {
        if (over) {
            return;
        }
        over = true;
        StoredObject object = hash.done(gunzip.done());
        switch (fault.orElse(null)) {
            case Effect.AnswerInstead instead -> answer(instead.answer());
            case Effect.HandleLater later -> {
                cutAndLeave();
                door.timers().after(later.delay(), () -> store(object));
            }
            case null, default -> {
                store(object);
                door.listeners()
                        .tell(Moment.HANDLED, exchange)
                        .onComplete(told -> afterStoring(Answer.of(200, "")
                                .header("ETag", '"' + object.md5() + '"')
                                .header("Accept-Ranges", "bytes")));
            }
        }
    }

    private void store(StoredObject object) {
        row.ifPresent(image -> door.processing().stored(image, object, exchange.target()));
        exchange.stored();
    }

    private void afterStoring(Answer good) {
        switch (fault.orElse(null)) {
            case Effect.HandleThenCut ignored -> cutAndLeave();
            case Effect.HandleThenAnswer other -> answer(other.answer());
            case Effect.DelayAnswer delay -> pause(delay.delay()).onComplete(passed -> answer(good));
            case Effect.WrongETag wrong -> answer(good.header("ETag", '"' + wrong.etag() + '"'));
            case null, default -> answer(good);
        }
    }

    private void answer(Answer answer) {
        leave(); // first: who has the answer may begin the next PUT
        door.answering().send(request, exchange, answer);
    }

    private void cutNow() {
        if (!over) {
            over = true;
            cutAndLeave();
        }
    }

    /** In one, so that nobody sees the one without the other. */
    private void cutAndLeave() {
        synchronized (door.changes()) {
            leave();
            door.answering().cut(request, exchange);
        }
    }

    /** The client went away before all was here. */
    private void lost() {
        synchronized (door.changes()) {
            if (!over) {
                over = true;
                leave();
            }
            exchange.clientGone();
        }
    }

    private void leave() {
        gunzip.close();
        door.log().putEnded(exchange);
        door.countPut(row, -1);
    }
}
