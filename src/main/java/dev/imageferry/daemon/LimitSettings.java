package dev.imageferry.daemon;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Size limits of images, and what they cost. */
@ConfigMapping(prefix = "imageferry.limits")
public interface LimitSettings {
    /** S3's limit for one PUT. */
    @WithDefault("5368709120")
    MemorySize compressed();

    /** Linode's default limit per account, which support can raise. */
    @WithDefault("6442450944")
    MemorySize uncompressed();

    /** Dollars a month for one GB of uncompressed content in one region. */
    @WithDefault("0.10")
    double pricePerGb();
}
