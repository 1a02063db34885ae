package dev.imageferry.simulator;

import dev.imageferry.simulator.SimulatorOptions.RateLimitValues;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/** Counts calls in windows of a minute, for each token and each kind of call. */
final class RateLimits {
    private static final Duration WINDOW = Duration.ofMinutes(1);

    private final RateLimitValues values;
    private final InstantSource clock;
    private final Map<Key, Window> windows = new HashMap<>();

    private enum Kind {
        LIST_IMAGES,
        OTHER_PAGES,
        OTHER
    }

    private record Key(String token, Kind kind) {}

    private record Window(Instant ends, int calls) {}

    /**
     * What a call learns of its limit.
     *
     * @param refused whether it was one too many
     */
    record Standing(int limit, int remaining, Instant resets, boolean refused, Duration retryAfter) {
        Answer onto(Answer answer) {
            return answer.header("X-RateLimit-Limit", Integer.toString(limit))
                    .header("X-RateLimit-Remaining", Integer.toString(remaining))
                    .header(
                            "X-RateLimit-Reset",
                            Long.toString(resets.plusNanos(999_999_999).getEpochSecond()));
        }
    }

    RateLimits(RateLimitValues values, InstantSource clock) {
        this.values = values;
        this.clock = clock;
    }

    synchronized Standing count(String token, Operation operation) {
        Instant now = clock.instant();
        Kind kind = kindOf(operation);
        int limit = limitOf(kind);
        Key key = new Key(token, kind);
        Window window = windows.get(key);
        if (window == null || !now.isBefore(window.ends())) {
            window = new Window(now.plus(WINDOW), 0);
        }
        window = new Window(window.ends(), window.calls() + 1);
        windows.put(key, window);
        boolean refused = values.enforced() && window.calls() > limit;
        return new Standing(
                limit,
                values.enforced() ? Math.max(0, limit - window.calls()) : limit,
                window.ends(),
                refused,
                Duration.between(now, window.ends()));
    }

    private int limitOf(Kind kind) {
        return switch (kind) {
            case LIST_IMAGES -> values.listImages();
            case OTHER_PAGES -> values.otherPaginated();
            case OTHER -> values.others();
        };
    }

    private static Kind kindOf(Operation operation) {
        return switch (operation) {
            case LIST -> Kind.LIST_IMAGES;
            case EVENTS, REGIONS -> Kind.OTHER_PAGES;
            case CREATE, PUT_OBJECT, GET_IMAGE, UPDATE_IMAGE, DELETE_IMAGE, REPLICATE, PROFILE, OTHER -> Kind.OTHER;
        };
    }
}
