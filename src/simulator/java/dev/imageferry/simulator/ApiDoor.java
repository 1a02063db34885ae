package dev.imageferry.simulator;

import dev.imageferry.simulator.RequestListener.Moment;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Takes the requests to the API, reads their bodies and lets the scripted faults strike. */
record ApiDoor(
        RequestLog log,
        Api api,
        ImageStore images,
        Faults faults,
        Listeners listeners,
        Timers timers,
        Answering answering) {
    private static final long MAX_BODY_BYTES = 4 << 20;

    void handle(HttpServerRequest request) {
        Call.Route route = Call.route(request.method().name(), request.path());
        Exchange exchange = log.arrived(request, route.operation(), request.uri());
        String length = request.getHeader("Content-Length");
        if (length != null && Long.parseLong(length) > MAX_BODY_BYTES) {
            answering.sendAndClose(request, exchange, Answer.error(413, "Request Entity Too Large"));
            return;
        }
        request.body()
                .onSuccess(body -> arrived(request, exchange, route, body))
                .onFailure(broken -> exchange.clientGone());
    }

    private void arrived(HttpServerRequest request, Exchange exchange, Call.Route route, Buffer body) {
        String text = body.toString(StandardCharsets.UTF_8);
        exchange.body(text, body.length());
        exchange.about(labelOf(route, text), route.image().isEmpty() ? null : route.image());
        request.response().closeHandler(closed -> exchange.clientGone());
        Call call = new Call(
                route.operation(),
                route.image(),
                request.params(),
                request.headers(),
                text,
                "http://" + request.authority(),
                exchange);
        listeners.tell(Moment.ARRIVED, exchange).onComplete(told -> decide(request, call));
    }

    private @Nullable String labelOf(Call.Route route, String body) {
        if (route.operation() == Operation.CREATE) {
            try {
                return new JsonObject(body).getValue("label") instanceof String label ? label : null;
            } catch (DecodeException notJson) {
                return null;
            }
        }
        Long number = Call.privateNumber(route.image());
        return number == null
                ? null
                : images.existing(number).map(row -> row.snapshot().label()).orElse(null);
    }

    private void decide(HttpServerRequest request, Call call) {
        Exchange exchange = call.exchange();
        Optional<Effect.OnCall> fault = faults.take(Effect.OnCall.class, exchange.target());
        if (fault.isEmpty()) {
            handle(call, answer -> answering.send(request, exchange, answer));
            return;
        }
        switch (fault.get()) {
            case Effect.AnswerInstead instead -> answering.send(request, exchange, instead.answer());
            case Effect.HandleThenAnswer other ->
                handle(call, answer -> answering.send(request, exchange, other.answer()));
            case Effect.TruncateAnswer truncate ->
                handle(call, answer -> answering.send(request, exchange, answer.truncated(truncate.characters())));
            case Effect.WithoutField without ->
                handle(call, answer -> answering.send(request, exchange, answer.without(without.field())));
            case Effect.WithField with ->
                handle(call, answer -> answering.send(request, exchange, answer.with(with.field(), with.value())));
            case Effect.WithoutImages(Set<String> ids, boolean counted) ->
                handle(call, answer -> answering.send(request, exchange, answer.withoutImages(ids, counted)));
            case Effect.HandleThenCut ignored -> handle(call, answer -> answering.cut(request, exchange));
            case Effect.CutBeforeHandling ignored -> answering.cut(request, exchange);
            case Effect.DelayAnswer delay ->
                handle(call, answer -> timers.after(delay.delay(), () -> answering.send(request, exchange, answer)));
            case Effect.HandleLater later -> {
                answering.cut(request, exchange);
                timers.after(later.delay(), () -> handle(call, answer -> {}));
            }
        }
    }

    private void handle(Call call, Consumer<Answer> then) {
        Answer answer = api.handle(call);
        listeners.tell(Moment.HANDLED, call.exchange()).onComplete(told -> then.accept(answer));
    }
}
