package dev.imageferry.step;

import dev.imageferry.image.ContentsRule;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.OptionalInt;

/** Settings for the check of files. */
@ConfigMapping(prefix = "imageferry.check")
public interface CheckSettings {
    /** Number of concurrent checks. Default: the number of processors. */
    OptionalInt concurrency();

    /** Whether content that is not a raw disk image is rejected or only causes a warning. */
    @WithDefault("strict")
    ContentsRule contents();
}
