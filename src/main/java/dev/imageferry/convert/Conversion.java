package dev.imageferry.convert;

import dev.imageferry.job.Problem;
import org.jspecify.annotations.Nullable;

/** The result of converting one file. A file that cannot be read or written is an {@link java.io.IOException} instead. */
public sealed interface Conversion {
    /**
     * The target is complete and on the disk.
     *
     * @param sourceSha256 of the source file as it is, 64 lower-case hex digits
     * @param noteOrNull why free blocks were not left out; null if they were, or if that was not asked for
     */
    record Made(String sourceSha256, @Nullable String noteOrNull) implements Conversion {}

    /**
     * The source is a gzip file from which nothing can be left out. There is no target, and the source can be uploaded as it is.
     *
     * @param why nothing was left out
     */
    record NotNeeded(String why) implements Conversion {}

    /**
     * The source cannot be converted. There is no target.
     *
     * @param problem the reason and what to do, with a code that rejects the file
     * @param mayBeUnfinished whether an incomplete copy would look the same
     */
    record Unfit(Problem problem, boolean mayBeUnfinished) implements Conversion {}
}
