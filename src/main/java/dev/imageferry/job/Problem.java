package dev.imageferry.job;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A problem of a job, described for the person who has to fix it.
 *
 * @param code determines the {@link ErrorCode.Consequence}
 * @param message names the thing, the value, the limit and what to do; never a token or an upload URL
 * @param retryAfterOrNull how long the other side asked to wait; takes precedence over the computed delay
 */
public record Problem(
        ErrorCode code, String message, @Nullable Duration retryAfterOrNull) {
    public Problem(ErrorCode code, String message) {
        this(code, message, null);
    }

    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfterOrNull);
    }
}
