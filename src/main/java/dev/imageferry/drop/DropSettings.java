package dev.imageferry.drop;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Settings of the drop folder, {@code imageferry.drop.*}. */
@ConfigMapping(prefix = "imageferry.drop")
public interface DropSettings {
    /** The folder; created at the start if it is missing. */
    @WithDefault("data/drop")
    Path directory();

    /** The endings of the names of images that are gzip files. */
    @WithDefault(ImageNames.DEFAULT_ENDINGS)
    List<String> names();

    /** Whether raw images, other compressions and other disk formats are converted. */
    @WithDefault("false")
    boolean convert();

    /** Whether blocks that an ext2/3/4 file system does not use are left out. */
    @WithDefault("false")
    boolean dropFreeBlocks();

    /** How long this daemon must have seen size, modification time and inode of a file unchanged. */
    @WithDefault("5s")
    Duration settle();

    /** Pause between two scans of the folder. */
    @WithDefault("2s")
    Duration scanEvery();

    /** How long this daemon must have seen an incomplete file unchanged before it is rejected. */
    @WithDefault("10m")
    Duration incompleteAfter();

    /** What to do with the file of an ended job. */
    @WithDefault("move")
    WhenDone whenDone();

    /** Whether to upload equal content with equal metadata only once. */
    @WithDefault("true")
    boolean deduplicate();
}
