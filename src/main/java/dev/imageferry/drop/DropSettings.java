package dev.imageferry.drop;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;

/** Settings of the drop folder, {@code imageferry.drop.*}. */
@ConfigMapping(prefix = "imageferry.drop")
public interface DropSettings {
    /** The folder; made at start where missing. */
    @WithDefault("data/drop")
    Path directory();

    /** How long size, modification time and inode must have stayed the same, from when the file was first seen. */
    @WithDefault("5s")
    Duration settle();

    /** Pause between two walks through the folder. */
    @WithDefault("2s")
    Duration scanEvery();

    /** How long a gzip that ends too early may still be a copy that stalled, from its last change. */
    @WithDefault("10m")
    Duration incompleteAfter();

    /** What happens to a file whose job has ended. */
    @WithDefault("move")
    WhenDone whenDone();

    /** Whether equal content with equal metadata is uploaded only once. */
    @WithDefault("true")
    boolean deduplicate();
}
