package dev.imageferry.linode;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps Linode's rate limits for the current token. A call that would be refused is not made, because it could prolong the
 * limit.
 */
final class ApiThrottle {
    /** For a 429 that names no time. */
    private static final Duration DEFAULT_PAUSE = Duration.ofSeconds(15);

    private final InstantSource clock;
    private final Ticker ticker;
    /** In nanoseconds of the ticker. */
    private final Map<Operation.Limit, Long> blockedUntil = new EnumMap<>(Operation.Limit.class);

    private final Map<Operation.Limit, Long> remaining = new EnumMap<>(Operation.Limit.class);
    private long tokenVersion;

    /** @param clock for answers without a {@code Date} */
    ApiThrottle(InstantSource clock, Ticker ticker) {
        this.clock = clock;
        this.ticker = ticker;
    }

    /** How long to wait before the next call of this kind; empty if it can be made now. */
    synchronized Optional<Duration> pauseBefore(Operation operation, long version) {
        forgetOtherTokens(version);
        Long until = blockedUntil.get(operation.limit());
        if (until == null) {
            return Optional.empty();
        }
        Duration pause = Duration.ofNanos(until - ticker.nanos());
        if (!pause.isPositive()) {
            blockedUntil.remove(operation.limit());
            remaining.remove(operation.limit());
            return Optional.empty();
        }
        return Optional.of(pause);
    }

    /** Records the limits in an answer of the API. Answers of proxies are ignored. */
    synchronized void note(Operation operation, long version, ApiAnswer answer) {
        forgetOtherTokens(version);
        if (version < tokenVersion || !(answer.isSuccess() || answer.isApiError())) {
            return;
        }
        Instant now = clock.instant();
        Optional<Long> left = WaitHeaders.rateLimitRemaining(answer.headers());
        left.ifPresent(count -> remaining.put(operation.limit(), count));
        Optional<Duration> reset = WaitHeaders.rateLimitReset(answer.headers(), now);
        if (answer.status() == 429) {
            Duration pause = WaitHeaders.retryAfter(answer.headers(), now)
                    .or(() -> reset)
                    .orElse(DEFAULT_PAUSE);
            blockedUntil.put(operation.limit(), ticker.nanos() + pause.toNanos());
        } else if (left.isPresent() && left.get() == 0) {
            reset.ifPresent(pause -> blockedUntil.put(operation.limit(), ticker.nanos() + pause.toNanos()));
        }
    }

    /** Remaining calls of the kind that has the fewest; NaN before the first answer. */
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
