package dev.imageferry.linode;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import okhttp3.Headers;

/** How long an answer asks to wait. Times are compared with the {@code Date} of the answer. */
public final class WaitHeaders {
    /** A longer wait is probably caused by a wrong clock. */
    static final Duration LONGEST = Duration.ofHours(1);

    private WaitHeaders() {}

    /** {@code Retry-After}: seconds or a date (RFC 9110, 10.2.3). */
    public static Optional<Duration> retryAfter(Headers headers, Instant now) {
        String value = headers.get("Retry-After");
        if (value == null) {
            return Optional.empty();
        }
        Optional<Long> seconds = wholeNumber(value);
        if (seconds.isPresent()) {
            return Optional.of(bounded(Duration.ofSeconds(seconds.get())));
        }
        Instant date = headers.getInstant("Retry-After");
        return date == null ? Optional.empty() : Optional.of(bounded(Duration.between(serverTime(headers, now), date)));
    }

    /** {@code X-RateLimit-Reset}: seconds since the epoch. */
    static Optional<Duration> rateLimitReset(Headers headers, Instant now) {
        String value = headers.get("X-RateLimit-Reset");
        return value == null
                ? Optional.empty()
                : wholeNumber(value)
                        .map(Instant::ofEpochSecond)
                        .map(reset -> bounded(Duration.between(serverTime(headers, now), reset)));
    }

    static Optional<Long> rateLimitRemaining(Headers headers) {
        String value = headers.get("X-RateLimit-Remaining");
        return value == null ? Optional.empty() : wholeNumber(value);
    }

    /** The time at the server. */
    static Instant serverTime(Headers headers, Instant now) {
        Instant date = headers.getInstant("Date");
        return date == null ? now : date;
    }

    private static Duration bounded(Duration asked) {
        if (asked.isNegative()) {
            return Duration.ZERO;
        }
        return asked.compareTo(LONGEST) > 0 ? LONGEST : asked;
    }

    private static Optional<Long> wholeNumber(String value) {
        String digits = value.strip();
        return digits.matches("\\d{1,12}") ? Optional.of(Long.parseLong(digits)) : Optional.empty();
    }
}
