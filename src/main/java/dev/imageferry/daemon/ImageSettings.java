package dev.imageferry.daemon;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/** What images get where neither a sidecar nor a folder says otherwise. */
@ConfigMapping(prefix = "imageferry.image")
public interface ImageSettings {
    Optional<String> region();

    Optional<List<String>> tags();

    /** {@code {file}} stands for the file's path. */
    @WithDefault("{file}")
    String description();

    @WithDefault("false")
    boolean cloudInit();

    Optional<List<String>> replicateTo();
}
