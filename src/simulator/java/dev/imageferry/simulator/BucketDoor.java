package dev.imageferry.simulator;

import dev.imageferry.simulator.RequestListener.Moment;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;

/** Takes the requests to the bucket. */
record BucketDoor(
        Changes changes,
        SimulatorOptions options,
        RequestLog log,
        Bucket bucket,
        Processing processing,
        Faults faults,
        Listeners listeners,
        Timers timers,
        Answering answering) {

    void handle(HttpServerRequest request) {
        request.pause();
        Optional<ImageRow> row = bucket.imageOf(request.path());
        Operation operation = HttpMethod.PUT.equals(request.method()) ? Operation.PUT_OBJECT : Operation.OTHER;
        Exchange exchange = log.arrived(request, operation, request.path());
        row.map(ImageRow::snapshot).ifPresent(image -> exchange.about(image.label(), image.id()));
        listeners.tell(Moment.ARRIVED, exchange).onComplete(told -> decide(request, exchange, row));
    }

    private void decide(HttpServerRequest request, Exchange exchange, Optional<ImageRow> row) {
        Optional<Answer> refusal = bucket.refusal(request);
        if (refusal.isPresent()) {
            answering.sendBeforeBody(request, exchange, refusal.get());
        } else {
            Optional<Effect.OnRequest> fault = faults.take(Effect.OnRequest.class, exchange.target());
            new PutObject(this, request, exchange, row, fault).start();
        }
    }

    /** While a PUT is under way its image does not count as one that gets no data. */
    void countPut(Optional<ImageRow> row, int more) {
        synchronized (changes) {
            row.ifPresent(image -> image.putsUnderWay += more);
        }
    }
}
