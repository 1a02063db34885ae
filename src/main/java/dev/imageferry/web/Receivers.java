package dev.imageferry.web;

import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * Receives uploaded files on separate threads, at most {@link #MAX} at a time, so that slow clients do not block the worker
 * threads of other calls.
 */
@Singleton
class Receivers {
    static final int MAX = 16;

    private final Duration window;
    private final Semaphore free = new Semaphore(MAX);
    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("imageferry-receive-", 1).factory());

    @Inject
    Receivers() {
        this(SenderPace.WINDOW);
    }

    /**
     * With another window, for tests.
     *
     * @param window the period over which the rate of a sender is averaged
     */
    Receivers(Duration window) {
        this.window = window;
    }

    /** Reads one body and answers it. */
    interface Reception {
        Response receive(InputStream body) throws IOException;
    }

    /** Opens the body of a request; called on the event loop. The rest of the body is discarded after the answer. */
    IncomingBody open(RoutingContext context) {
        IncomingBody body = new IncomingBody(context.request(), new SenderPace(window));
        context.addEndHandler(answered -> body.discardRest());
        return body;
    }

    /**
     * Receives one body.
     *
     * @throws ProblemException if {@link #MAX} bodies are being received
     */
    Uni<Response> receive(IncomingBody body, Reception reception) {
        if (!free.tryAcquire()) {
            throw new ProblemException(at -> ApiProblem.receiversBusy(MAX, at));
        }
        // an emitter runs to its end even if the client disconnects, so the permit is always released
        return Uni.createFrom()
                .emitter(answer -> threads.execute(() -> {
                    try {
                        answer.complete(answer(reception, body));
                    } catch (RuntimeException | Error e) {
                        answer.fail(e);
                    }
                }));
    }

    private Response answer(Reception reception, IncomingBody body) {
        try {
            return reception.receive(body);
        } catch (SenderException.TooSlow e) {
            throw new ProblemException(at -> ApiProblem.tooSlow(String.valueOf(e.getMessage()), at));
        } catch (SenderException.Disconnected e) {
            throw new ProblemException(at -> ApiProblem.damaged(String.valueOf(e.getMessage()), at));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            free.release(); // before the answer, so that the client can send its next file at once
        }
    }

    @PreDestroy
    void stop() {
        threads.shutdownNow();
    }
}
