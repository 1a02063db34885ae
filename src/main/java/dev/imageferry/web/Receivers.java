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
 * Receives files, a bounded number at a time, on threads of its own: however slowly they come, all other calls have their
 * worker threads.
 */
@Singleton
class Receivers {
    static final int MOST = 16;

    private final Duration window;
    private final Semaphore free = new Semaphore(MOST);
    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("imageferry-receive-", 1).factory());

    @Inject
    Receivers() {
        this(SenderPace.WINDOW);
    }

    /**
     * Receives nothing yet.
     *
     * @param window over which the rate of a sender is averaged
     */
    Receivers(Duration window) {
        this.window = window;
    }

    /** What is done with one body. */
    interface Reception {
        Response receive(InputStream body) throws IOException;
    }

    /** The body of a request, not read yet; on the event loop. What is not read by the time of the answer is cut off. */
    IncomingBody open(RoutingContext context) {
        IncomingBody body = new IncomingBody(context.request(), new SenderPace(window));
        context.addEndHandler(answered -> body.leave());
        return body;
    }

    /**
     * Receives one body.
     *
     * @throws ProblemException where as many are received as there may be
     */
    Uni<Response> receive(IncomingBody body, Reception reception) {
        if (!free.tryAcquire()) {
            throw new ProblemException(at -> ApiProblem.receiversBusy(MOST, at));
        }
        // no Uni that a client who leaves can cancel: what was acquired is always released
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
        } catch (SenderException.Gone e) {
            throw new ProblemException(at -> ApiProblem.damaged(String.valueOf(e.getMessage()), at));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            free.release(); // before the answer: the next file of the same client must find it free
        }
    }

    @PreDestroy
    void stop() {
        threads.shutdownNow();
    }
}
