package dev.imageferry.linode;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to an image: the only place where Linode says why processing failed.
 *
 * @param status {@code scheduled}, {@code started}, {@code in_progress}, {@code completed}, {@code finished}, {@code failed},
 *     {@code notification}; empty when the answer had none
 * @param messageOrNull the reason, word by word as Linode gave it
 */
public record ImageEvent(
        long id,
        String status,
        @Nullable String messageOrNull,
        @Nullable Instant createdOrNull) {
    public boolean isFailed() {
        return "failed".equals(status);
    }

    /** Whether the upload was taken in; that it has started says nothing about its bytes. */
    public boolean isFinished() {
        return "finished".equals(status) || "completed".equals(status);
    }
}
