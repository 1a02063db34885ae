package dev.imageferry.daemon;

import dev.imageferry.job.RetryPolicy;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How often and when what went wrong is tried again. */
@ConfigMapping(prefix = "imageferry.retry")
public interface RetrySettings {
    /** Attempts in one state before the job fails. */
    @WithDefault("8")
    int maxAttempts();

    /** Upper end of the first delay; doubles with each attempt. */
    @WithDefault("2s")
    Duration initialDelay();

    @WithDefault("10m")
    Duration maxDelay();

    default RetryPolicy policy() {
        return new RetryPolicy(maxAttempts(), initialDelay(), maxDelay());
    }
}
