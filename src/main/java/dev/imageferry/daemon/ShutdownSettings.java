package dev.imageferry.daemon;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How the daemon ends. */
@ConfigMapping(prefix = "imageferry.shutdown")
public interface ShutdownSettings {
    /** How long SIGTERM waits for running uploads. */
    @WithDefault("20s")
    Duration grace();
}
