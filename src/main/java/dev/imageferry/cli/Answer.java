package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What became of one call to the daemon. */
sealed interface Answer {
    /**
     * A status of 2xx.
     *
     * @param text the body as it was sent; empty for 204
     * @param json the parsed body; null for an empty one
     * @param dateOrNull the daemon's clock, in whole seconds
     */
    record Success(String text, JsonNode json, @Nullable Instant dateOrNull) implements Answer {
        static Success empty() {
            return new Success("", NullNode.instance, null);
        }
    }

    /**
     * Any other status.
     *
     * @param name the last part of the problem's type, such as {@code name-taken}; empty if there is none
     * @param detailOrNull what the daemon says, for the user; null if the answer is not from Imageferry
     * @param retryAfterOrNull how long the daemon asks to wait
     */
    record Refusal(
            int status,
            String name,
            @Nullable String detailOrNull,
            @Nullable Duration retryAfterOrNull) implements Answer {}

    /** No answer: the daemon is not there, or the connection broke. It is unknown whether the call had its effect. */
    record Lost(String reason) implements Answer {}

    /** Whether the call may have had its effect although it was not confirmed. */
    default boolean isUncertain() {
        return switch (this) {
            case Success success -> false;
            case Lost lost -> true;
            case Refusal refusal ->
                switch (refusal.status()) {
                    case 500, 502, 504 -> true;
                    default -> false;
                };
        };
    }

    /** Whether the same call can succeed later. */
    default boolean isTemporary() {
        return switch (this) {
            case Success success -> false;
            case Lost lost -> true;
            case Refusal refusal ->
                switch (refusal.status()) {
                    case 408, 429, 500, 502, 503, 504 -> true;
                    default -> false;
                };
        };
    }
}
