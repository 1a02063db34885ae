package dev.imageferry.linode;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event of an image at Linode. Only events contain the reason why processing failed.
 *
 * @param status {@code scheduled}, {@code started}, {@code in_progress}, {@code completed}, {@code finished}, {@code failed},
 *     {@code notification}; empty if the answer had none
 * @param messageOrNull the reason in Linode's own words
 */
public record ImageEvent(
        long id,
        String status,
        @Nullable String messageOrNull,
        @Nullable Instant createdOrNull) {
    public boolean isFailed() {
        return "failed".equals(status);
    }

    /** Whether the uploaded bytes were processed. An event that has only started does not prove that they arrived. */
    public boolean isFinished() {
        return "finished".equals(status) || "completed".equals(status);
    }
}
