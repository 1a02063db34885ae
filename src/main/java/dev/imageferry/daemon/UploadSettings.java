package dev.imageferry.daemon;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** The PUTs of this instance. */
@ConfigMapping(prefix = "imageferry.upload")
public interface UploadSettings {
    /** PUTs at a time. */
    @WithDefault("4")
    int concurrency();

    /** Bytes a second ({@code 10M}) over the whole queue, or {@code off}. */
    @WithDefault("off")
    String bandwidth();

    /** No byte accepted for so long ends the attempt; waiting for bandwidth is not counted. */
    @WithDefault("60s")
    Duration stallTimeout();

    /** No answer for so long after the last byte ends the attempt. */
    @WithDefault("10m")
    Duration answerTimeout();
}
