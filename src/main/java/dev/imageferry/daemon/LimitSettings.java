package dev.imageferry.daemon;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** How large an image may be. */
@ConfigMapping(prefix = "imageferry.limits")
public interface LimitSettings {
    /** S3's limit for one PUT. */
    @WithDefault("5368709120")
    MemorySize compressed();

    /** Linode's limit, per account: support can raise it. */
    @WithDefault("6442450944")
    MemorySize uncompressed();
}
