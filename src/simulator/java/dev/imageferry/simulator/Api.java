package dev.imageferry.simulator;

import dev.imageferry.simulator.SimulatorOptions.Fields;
import io.vertx.core.json.JsonObject;
import java.util.Set;

/** The part of Linode's API v4 that has to do with images. */
final class Api {
    /** Who the token belongs to. */
    static final String USER = "simulated-user";

    private static final Filter EVENT_FILTER = new Filter(
            Set.of("id", "action", "created", "entity.id", "entity.type"),
            Set.of("seen", "read"),
            Set.of("id", "created"));

    private final ImageCalls images;
    private final EventLog events;
    private final RateLimits rateLimits;
    private final Tokens tokens;
    private final Fields fields;

    Api(ImageCalls images, EventLog events, RateLimits rateLimits, Tokens tokens, Fields fields) {
        this.fields = fields;
        this.images = images;
        this.events = events;
        this.rateLimits = rateLimits;
        this.tokens = tokens;
    }

    /** Looks at the token, then at the rate limit, then does what is asked. */
    Answer handle(Call call) {
        String authorization =
                call.headers().contains("Authorization") ? call.headers().get("Authorization") : "";
        if (!tokens.accepts(authorization)) {
            return Answer.invalidToken();
        }
        RateLimits.Standing standing = rateLimits.count(authorization, call.operation());
        if (standing.refused()) {
            return standing.onto(Answer.tooManyRequests(standing.retryAfter()));
        }
        return standing.onto(dispatch(call));
    }

    private Answer dispatch(Call call) {
        return switch (call.operation()) {
            case CREATE -> images.create(call);
            case GET_IMAGE -> images.get(call);
            case UPDATE_IMAGE -> images.update(call);
            case DELETE_IMAGE -> images.delete(call);
            case REPLICATE -> images.replicate(call);
            case LIST -> images.list(call);
            case EVENTS ->
                switch (EVENT_FILTER.choose(call.headers().get("X-Filter"), events.all())) {
                    case Filter.Outcome.Chosen chosen -> Pages.of(chosen.rows(), call.query());
                    case Filter.Outcome.Refused refused -> refused.answer();
                };
            case REGIONS -> Pages.of(Regions.all(fields), call.query());
            case PROFILE ->
                Answer.json(
                        200,
                        new JsonObject()
                                .put("username", USER)
                                .put("email", USER + "@example.org")
                                .put("uid", 1)
                                .put("timezone", "GMT")
                                .put("restricted", false));
            case PUT_OBJECT, OTHER -> Answer.notFound();
        };
    }
}
