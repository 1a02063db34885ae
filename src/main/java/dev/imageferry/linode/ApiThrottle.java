package dev.imageferry.linode;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Remembers, for the token of the moment, which kinds of calls Linode does not want before when. A call that would be
 * refused is not made at all: calls made against a limit may prolong it.
 */
final class ApiThrottle {
    /** A 429 that names no time. */
    private static final Duration UNNAMED_PAUSE = Duration.ofSeconds(15);

    private final InstantSource clock;
    private final Ticker ticker;
    /** Values of the ticker. */
    private final Map<Operation.Limit, Long> blockedUntil = new EnumMap<>(Operation.Limit.class);

    private final Map<Operation.Limit, Long> remaining = new EnumMap<>(Operation.Limit.class);
    private long tokenVersion;

    /**
     * No calls noted yet.
     *
     * @param clock for points in time of answers that do not say what time it is
     */
    ApiThrottle(InstantSource clock, Ticker ticker) {
        this.clock = clock;
        this.ticker = ticker;
    }

    /** How long calls of this kind have to rest; empty when one may go out now. */
    synchronized Optional<Duration> restBefore(Operation operation, long version) {
        forgetOtherTokens(version);
        Long until = blockedUntil.get(operation.limit());
        if (until == null) {
            return Optional.empty();
        }
        Duration rest = Duration.ofNanos(until - ticker.nanos());
        if (!rest.isPositive()) {
            blockedUntil.remove(operation.limit());
            remaining.remove(operation.limit());
            return Optional.empty();
        }
        return Optional.of(rest);
    }

    /** Takes note of what an answer says about the limits. One that the API did not write says nothing about the API's. */
    synchronized void note(Operation operation, long version, ApiAnswer answer) {
        forgetOtherTokens(version);
        if (version < tokenVersion || !(answer.isSuccess() || answer.isRefusalOfTheApi())) {
            return;
        }
        Instant now = clock.instant();
        Optional<Long> left = WaitHeaders.rateLimitRemaining(answer.headers());
        left.ifPresent(count -> remaining.put(operation.limit(), count));
        Optional<Duration> reset = WaitHeaders.rateLimitReset(answer.headers(), now);
        if (answer.status() == 429) {
            Duration pause = WaitHeaders.retryAfter(answer.headers(), now)
                    .or(() -> reset)
                    .orElse(UNNAMED_PAUSE);
            blockedUntil.put(operation.limit(), ticker.nanos() + pause.toNanos());
        } else if (left.isPresent() && left.get() == 0) {
            reset.ifPresent(pause -> blockedUntil.put(operation.limit(), ticker.nanos() + pause.toNanos()));
        }
    }

    /** Calls left before the next refusal, of the kind that has the fewest; NaN as long as no answer told. */
    synchronized double fewestRemaining() {
        return remaining.values().stream().mapToDouble(Long::doubleValue).min().orElse(Double.NaN);
    }

    private void forgetOtherTokens(long version) {
        if (version > tokenVersion) {
            tokenVersion = version;
            blockedUntil.clear();
            remaining.clear();
        }
    }
}
