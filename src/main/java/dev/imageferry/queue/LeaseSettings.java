package dev.imageferry.queue;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** The settings of leases. */
@ConfigMapping(prefix = "imageferry.lease")
public interface LeaseSettings {
    /** How long a lease is valid without a heartbeat. Heartbeats are sent six times per lease duration. */
    @WithDefault("120s")
    Duration duration();
}
