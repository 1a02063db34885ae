package dev.imageferry.job;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential back-off with full jitter: the delay before attempt n+1 is drawn evenly from 0 to
 * {@code min(maxDelay, initialDelay · 2^(n-1))}.
 *
 * @param maxAttempts attempts in one state before the job fails, at least 1
 */
public record RetryPolicy(int maxAttempts, Duration initialDelay, Duration maxDelay) {
    public RetryPolicy {
        if (maxAttempts < 1) {
            throw new IllegalArgumentException("max-attempts must be at least 1, is " + maxAttempts);
        }
    }

    /** The upper end from which the delay after the given failed attempt (from 1) is drawn. */
    public Duration ceilingAfter(int attempt) {
        // 2^30 times anything sensible is beyond every max-delay
        Duration grown = initialDelay.multipliedBy(1L << Math.min(Math.max(attempt - 1, 0), 30));
        return grown.compareTo(maxDelay) < 0 ? grown : maxDelay;
    }

    public Duration delayAfter(int attempt, RandomGenerator random) {
        return Duration.ofMillis(random.nextLong(ceilingAfter(attempt).toMillis() + 1));
    }
}
