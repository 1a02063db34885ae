package dev.imageferry.step;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings for polling the status of an image. Waiting uses up no attempt. */
@ConfigMapping(prefix = "imageferry.poll")
public interface PollSettings {
    @WithDefault("2s")
    Duration initialDelay();

    @WithDefault("30s")
    Duration maxDelay();

    /** Maximum time in one state before the job fails. */
    @WithDefault("2h")
    Duration timeout();

    /**
     * The time until the next poll, counted from the moment that the latest answer describes. An image is so noticed within the
     * maximum delay although answers are shared.
     *
     * @param age how old the answer is
     */
    default Duration delayAfter(Duration waited, Duration age) {
        Duration left = delayAfter(waited).minus(age);
        return left.compareTo(initialDelay()) < 0 ? initialDelay() : left;
    }

    /** A quarter of the time waited so far, limited by the two delays. */
    default Duration delayAfter(Duration waited) {
        Duration quarter = waited.dividedBy(4);
        if (quarter.compareTo(initialDelay()) < 0) {
            return initialDelay();
        }
        return quarter.compareTo(maxDelay()) < 0 ? quarter : maxDelay();
    }
}
