package dev.imageferry.daemon;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/** Default metadata of images, which sidecars and folders can override. */
@ConfigMapping(prefix = "imageferry.image")
public interface ImageSettings {
    /** {@code {name}}, {@code {file}} and {@code {date}} are replaced. */
    @WithDefault("{name}")
    String label();

    Optional<String> region();

    Optional<List<String>> tags();

    /** {@code {file}} is replaced by the path of the file. */
    @WithDefault("{file}")
    String description();

    @WithDefault("false")
    boolean cloudInit();

    Optional<List<String>> replicateTo();

    Optional<String> family();

    /** How many images of a family are kept. */
    Optional<Integer> keep();
}
