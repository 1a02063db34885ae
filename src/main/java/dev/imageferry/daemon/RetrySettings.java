package dev.imageferry.daemon;

import dev.imageferry.job.RetryPolicy;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings for retries. */
@ConfigMapping(prefix = "imageferry.retry")
public interface RetrySettings {
    /** Maximum number of attempts in one state before the job fails. */
    @WithDefault("8")
    int maxAttempts();

    /** Upper bound of the first delay. It doubles with each attempt. */
    @WithDefault("2s")
    Duration initialDelay();

    @WithDefault("10m")
    Duration maxDelay();

    default RetryPolicy policy() {
        return new RetryPolicy(maxAttempts(), initialDelay(), maxDelay());
    }
}
