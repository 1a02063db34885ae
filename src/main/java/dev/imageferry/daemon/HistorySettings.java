package dev.imageferry.daemon;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings for ended jobs. */
@ConfigMapping(prefix = "imageferry.history")
public interface HistorySettings {
    /** How long ended jobs are kept. */
    @WithDefault("365d")
    Duration keep();
}
