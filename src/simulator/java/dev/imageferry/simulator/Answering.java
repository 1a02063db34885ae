package dev.imageferry.simulator;

import dev.imageferry.simulator.RequestListener.Moment;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.time.InstantSource;

/** Ends an exchange: with an answer, or with a closed connection. */
final class Answering {
    /** Says that nobody here is Linode. */
    static final String MARK = "X-Simulated-Linode";

    /** So long an answer that comes before the body is left to travel before the connection is closed. */
    private static final Duration BEFORE_CLOSE = Duration.ofMillis(200);

    private final Listeners listeners;
    private final Timers timers;
    private final InstantSource clock;

    Answering(Listeners listeners, Timers timers, InstantSource clock) {
        this.listeners = listeners;
        this.timers = timers;
        this.clock = clock;
    }

    void send(HttpServerRequest request, Exchange exchange, Answer answer) {
        HttpServerResponse response = request.response();
        if (response.closed()) {
            exchange.clientGone();
            return;
        }
        exchange.answering(answer.status());
        response.setStatusCode(answer.status())
                .putHeader(MARK, "true")
                .putHeader("Date", WireTime.header(clock.instant()));
        answer.headers().forEach(response::putHeader);
        response.end(answer.body()).onSuccess(sent -> listeners.tell(Moment.ANSWERED, exchange));
    }

    /** Answers a request whose body was not read. What still comes is dropped, as radosgw does it. */
    void sendBeforeBody(HttpServerRequest request, Exchange exchange, Answer answer) {
        if (request.headers().contains("Expect")) {
            sendAndClose(request, exchange, answer); // whether the body still comes nobody knows
        } else {
            send(request, exchange, answer);
            request.resume();
        }
    }

    /** Answers, reads nothing, and closes the connection while the client may still be writing. */
    void sendAndClose(HttpServerRequest request, Exchange exchange, Answer answer) {
        send(request, exchange, answer.header("Connection", "close"));
        timers.after(BEFORE_CLOSE, () -> request.connection().close());
    }

    void cut(HttpServerRequest request, Exchange exchange) {
        exchange.cut();
        request.connection().close();
    }
}
