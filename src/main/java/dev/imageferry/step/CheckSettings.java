package dev.imageferry.step;

import dev.imageferry.image.ContentsRule;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.OptionalInt;

/** The checks of this instance. */
@ConfigMapping(prefix = "imageferry.check")
public interface CheckSettings {
    /** Checks at a time; as many as there are cores when not set. */
    OptionalInt concurrency();

    /** Whether content that is no raw disk image rejects the file or is only warned of. */
    @WithDefault("strict")
    ContentsRule contents();
}
