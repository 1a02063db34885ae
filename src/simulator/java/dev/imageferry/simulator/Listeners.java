package dev.imageferry.simulator;

import dev.imageferry.simulator.RequestListener.Moment;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** Tells the test's listeners on a worker thread; the request waits for them. */
final class Listeners {
    private final Vertx vertx;
    private final List<RequestListener> listeners = new CopyOnWriteArrayList<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    Listeners(Vertx vertx) {
        this.vertx = vertx;
    }

    void add(RequestListener listener) {
        listeners.add(listener);
    }

    /** What the first listener that failed threw. */
    Optional<Throwable> failure() {
        return Optional.ofNullable(failures.peek());
    }

    /** Completes on the caller's event loop when all have returned, also when one has thrown. */
    Future<Void> tell(Moment moment, Exchange exchange) {
        return tell(moment, exchange, listeners);
    }

    /** Whether a PUT that got from so many bytes to so many has passed a number that a listener waits for. */
    boolean anyBetween(long before, long after) {
        return listeners.stream().anyMatch(listener -> passed(listener, before, after));
    }

    Future<Void> tellReceived(Exchange exchange, long before, long after) {
        return tell(
                Moment.RECEIVED_BYTES,
                exchange,
                listeners.stream()
                        .filter(listener -> passed(listener, before, after))
                        .toList());
    }

    private static boolean passed(RequestListener listener, long before, long after) {
        return before < listener.putBytes() && listener.putBytes() <= after;
    }

    private Future<Void> tell(Moment moment, Exchange exchange, List<RequestListener> told) {
        if (told.isEmpty()) {
            return Future.succeededFuture();
        }
        RecordedRequest request = exchange.snapshot();
        return vertx.<Void>executeBlocking(
                        () -> {
                            told.forEach(listener -> listener.at(moment, request));
                            return null;
                        },
                        false)
                .onFailure(failures::add)
                .otherwiseEmpty();
    }
}
