package dev.imageferry.daemon;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings for the shutdown. */
@ConfigMapping(prefix = "imageferry.shutdown")
public interface ShutdownSettings {
    /** How long the shutdown waits for uploads in progress. */
    @WithDefault("20s")
    Duration grace();
}
