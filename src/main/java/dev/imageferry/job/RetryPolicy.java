package dev.imageferry.job;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential backoff with full jitter: the delay before attempt n+1 is uniformly distributed between 0 and
 * {@code min(maxDelay, initialDelay · 2^(n-1))}.
 *
 * @param maxAttempts the number of attempts in one state before the job fails, at least 1
 */
public record RetryPolicy(int maxAttempts, Duration initialDelay, Duration maxDelay) {
    public RetryPolicy {
        if (maxAttempts < 1) {
            throw new IllegalArgumentException("max-attempts must be at least 1, but is " + maxAttempts);
        }
    }

    /** The maximum delay after the given failed attempt (from 1). */
    public Duration ceilingAfter(int attempt) {
        // the limit of 30 avoids an overflow; 2^30 times any reasonable delay exceeds max-delay
        Duration grown = initialDelay.multipliedBy(1L << Math.min(Math.max(attempt - 1, 0), 30));
        return grown.compareTo(maxDelay) < 0 ? grown : maxDelay;
    }

    public Duration delayAfter(int attempt, RandomGenerator random) {
        return Duration.ofMillis(random.nextLong(ceilingAfter(attempt).toMillis() + 1));
    }
}
