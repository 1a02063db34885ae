package dev.imageferry.linode;

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
    private final Map<Operation.Limit, Instant> blockedUntil = new EnumMap<>(Operation.Limit.class);
    private final Map<Operation.Limit, Long> remaining = new EnumMap<>(Operation.Limit.class);
    private long tokenVersion;

    ApiThrottle(InstantSource clock) {
        this.clock = clock;
    }

    /** How long calls of this kind have to rest; empty when one may go out now. */
    synchronized Optional<Duration> restBefore(Operation operation, long version) {
        forgetOtherTokens(version);
        Instant until = blockedUntil.get(operation.limit());
        if (until == null) {
            return Optional.empty();
        }
        Duration rest = Duration.between(clock.instant(), until);
        // longer than any pause ever noted: the clock was set back
        if (rest.isNegative() || rest.isZero() || rest.compareTo(WaitHeaders.LONGEST) > 0) {
            blockedUntil.remove(operation.limit());
            remaining.remove(operation.limit());
            return Optional.empty();
        }
        return Optional.of(rest);
    }

    /** Takes note of what an answer says about the limits. */
    synchronized void note(Operation operation, long version, HttpAnswer answer) {
        forgetOtherTokens(version);
        if (version < tokenVersion) {
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
            blockedUntil.put(operation.limit(), now.plus(pause));
        } else if (left.isPresent() && left.get() == 0) {
            reset.ifPresent(pause -> blockedUntil.put(operation.limit(), now.plus(pause)));
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
