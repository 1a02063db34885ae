package dev.imageferry.step;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How Linode is asked whether an image is ready. Waiting costs no attempt. */
@ConfigMapping(prefix = "imageferry.poll")
public interface PollSettings {
    @WithDefault("2s")
    Duration initialDelay();

    @WithDefault("30s")
    Duration maxDelay();

    /** After so long in one state the job fails. */
    @WithDefault("2h")
    Duration timeout();

    /** A quarter of the time waited so far, between the two delays: many looks at small images, few at big ones. */
    default Duration delayAfter(Duration waited) {
        Duration quarter = waited.dividedBy(4);
        if (quarter.compareTo(initialDelay()) < 0) {
            return initialDelay();
        }
        return quarter.compareTo(maxDelay()) < 0 ? quarter : maxDelay();
    }
}
