package dev.imageferry.daemon;

import dev.imageferry.linode.Bandwidth;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/**
 * What of the whole queue's bandwidth is this instance's: as many parts as it has of the uploads that run. An instance looks
 * once a second, so that for a second after an upload has begun or ended elsewhere the sum may be off by that upload's part.
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
     * Takes this instance's part.
     *
     * @param setLiveOrNull what an operator set; null for what the setting says
     * @param uploads that run on all instances
     * @param ours of these, on this instance
     */
    void apply(@Nullable String setLiveOrNull, long uploads, long ours) {
        long whole = bytes(setLiveOrNull == null ? setting : setLiveOrNull);
        bandwidth.limit(whole == 0 ? 0 : Math.max(1, part(whole, Math.max(uploads, ours), ours)));
    }

    /** One that has none is about to begin its first. */
    private static long part(long whole, long uploads, long ours) {
        return ours == 0 ? whole / (uploads + 1) : Math.round((double) whole * ours / uploads);
    }

    /**
     * Looks whether a limit can be used.
     *
     * @throws IllegalArgumentException when not, with the value and what is wanted
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
            throw noLimit(limit, e);
        }
        throw noLimit(limit, null);
    }

    private static IllegalArgumentException noLimit(String limit, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "limit \"" + limit
                        + "\" is no number of bytes a second: send 10M, 500K or 1G, \"off\" for no limit, or null"
                        + " for what imageferry.upload.bandwidth says",
                cause);
    }
}
