package dev.imageferry.daemon;

import dev.imageferry.linode.Bandwidth;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/**
 * Limits this instance to its share of the bandwidth of the whole queue, in proportion to its uploads in progress. The share is
 * updated once a second, so the total can be off for a second after an upload of another instance starts or ends.
 */
@Singleton
final class BandwidthShare {
    private static final String NO_LIMIT = "off";

    private final Bandwidth bandwidth;
    private final String setting;

    BandwidthShare(Bandwidth bandwidth, UploadSettings upload) {
        this.bandwidth = bandwidth;
        this.setting = upload.bandwidth();
        apply(null, 0, 0);
    }

    /**
     * Applies the share of this instance.
     *
     * @param setLiveOrNull the limit set at run time; null for the setting
     * @param uploads uploads in progress on all instances
     * @param ours uploads in progress on this instance
     */
    void apply(@Nullable String setLiveOrNull, long uploads, long ours) {
        long whole = bytes(setLiveOrNull == null ? setting : setLiveOrNull);
        bandwidth.limit(whole == 0 ? 0 : Math.max(1, share(whole, Math.max(uploads, ours), ours)));
    }

    /** An instance without an upload gets a share for its first one. */
    private static long share(long whole, long uploads, long ours) {
        return ours == 0 ? whole / (uploads + 1) : Math.round((double) whole * ours / uploads);
    }

    /**
     * Validates a limit.
     *
     * @throws IllegalArgumentException if the limit is invalid. The message names the value and the valid formats
     */
    static void requireValid(@Nullable String limit) {
        if (limit != null) {
            bytes(limit);
        }
    }

    private static long bytes(String limit) {
        if (limit.equals(NO_LIMIT)) {
            return 0;
        }
        try {
            MemorySize size = new MemorySizeConverter().convert(limit); // null for an empty text
            long bytes = size == null ? 0 : size.asBigInteger().longValueExact();
            if (bytes > 0) {
                return bytes;
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw invalidLimit(limit, e);
        }
        throw invalidLimit(limit, null);
    }

    private static IllegalArgumentException invalidLimit(String limit, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "limit \"" + limit
                        + "\" is not a number of bytes per second: send, for example, 10M, 500K or 1G, \"off\" for no limit,"
                        + " or null for the value of imageferry.upload.bandwidth",
                cause);
    }
}
