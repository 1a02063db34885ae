package dev.imageferry.daemon;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings for uploads. */
@ConfigMapping(prefix = "imageferry.upload")
public interface UploadSettings {
    /** Maximum number of concurrent PUTs of this instance. */
    @WithDefault("4")
    int concurrency();

    /** Bytes per second ({@code 10M}) of the whole queue, {@code off}, or a timetable. See {@code BandwidthTimetable}. */
    @WithDefault("off")
    String bandwidth();

    /** The time zone of the timetable. Default: that of the system. */
    Optional<String> timeZone();

    /** The attempt ends if no byte is accepted for this time. Waiting for bandwidth does not count. */
    @WithDefault("60s")
    Duration stallTimeout();

    /** The attempt ends if no answer arrives for this time after the last byte. */
    @WithDefault("10m")
    Duration answerTimeout();
}
