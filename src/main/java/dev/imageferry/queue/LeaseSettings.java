package dev.imageferry.queue;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long a claim holds without a heartbeat. */
@ConfigMapping(prefix = "imageferry.lease")
public interface LeaseSettings {
    /** A dead instance's jobs are taken over after so long; heartbeats go out six times as often. */
    @WithDefault("120s")
    Duration duration();
}
