package dev.imageferry.simulator;

import dev.imageferry.simulator.RecordedRequest.Header;
import io.vertx.core.http.HttpServerRequest;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** All requests in order of arrival, the latest ones of a long demo. */
final class RequestLog {
    private static final int KEPT = 100_000;

    private final Changes changes;
    private final InstantSource clock;
    private final Deque<Exchange> exchanges = new ArrayDeque<>();
    private long arrived;
    private int putsInProgress;
    private int mostConcurrentPuts;

    RequestLog(Changes changes, InstantSource clock) {
        this.changes = changes;
        this.clock = clock;
    }

    /**
     * Takes note of a request.
     *
     * @param shownPath without anything secret
     */
    Exchange arrived(HttpServerRequest request, Operation operation, String shownPath) {
        List<Header> headers = request.headers().entries().stream()
                .map(RequestLog::withoutSecret)
                .toList();
        synchronized (changes) {
            Exchange exchange = new Exchange(
                    changes,
                    ++arrived,
                    clock.instant(),
                    operation,
                    request.method().name(),
                    shownPath,
                    headers);
            exchanges.addLast(exchange);
            if (exchanges.size() > KEPT) {
                exchanges.removeFirst();
            }
            changes.happened();
            return exchange;
        }
    }

    private static Header withoutSecret(Map.Entry<String, String> header) {
        boolean secret = header.getKey().equalsIgnoreCase("Authorization");
        return new Header(header.getKey(), secret ? "(masked)" : header.getValue());
    }

    void putBegan(Exchange exchange) {
        synchronized (changes) {
            exchange.putting(true);
            putsInProgress++;
            mostConcurrentPuts = Math.max(mostConcurrentPuts, putsInProgress);
        }
    }

    /** The PUT no longer counts as being in progress; it may be told more than once. */
    void putEnded(Exchange exchange) {
        synchronized (changes) {
            if (exchange.isPutting()) {
                putsInProgress--;
                exchange.putting(false);
            }
        }
    }

    int putsInProgress() {
        synchronized (changes) {
            return putsInProgress;
        }
    }

    int mostConcurrentPuts() {
        synchronized (changes) {
            return mostConcurrentPuts;
        }
    }

    List<RecordedRequest> all() {
        synchronized (changes) {
            return exchanges.stream().map(Exchange::snapshot).toList();
        }
    }
}
