package dev.imageferry.notify;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What became of one attempt to deliver a notification. */
sealed interface Reply {
    /** The receiver answered 2xx. */
    record Accepted() implements Reply {}

    /**
     * The receiver gave another answer or none.
     *
     * @param reason without the address of the receiver, which can contain a secret
     * @param retryAfterOrNull how long the receiver asked to wait, at most an hour; null if it did not
     */
    record Failed(String reason, @Nullable Duration retryAfterOrNull) implements Reply {
        Optional<Duration> retryAfter() {
            return Optional.ofNullable(retryAfterOrNull);
        }
    }
}
