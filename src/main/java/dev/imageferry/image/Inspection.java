package dev.imageferry.image;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.Problem;
import org.jspecify.annotations.Nullable;

/** How the check of one file ended. A file that cannot be read is neither: that is an {@link java.io.IOException}. */
public sealed interface Inspection {
    /** The file can be uploaded as it is. */
    record Fit(CheckedImage image) implements Inspection {}

    /**
     * The file can never be uploaded as it is.
     *
     * @param problem why, and what to do; its code is one that rejects
     * @param compressedBytes size of the file
     * @param uncompressedBytes how much was inflated until the problem was found
     * @param sha256OrNull of the compressed file, when it was read to its end
     * @param contentsOrNull what is on the disk, when it was read to its end
     * @param mayBeUnfinished whether a copy that is still being written would look the same
     */
    record Unfit(
            Problem problem,
            long compressedBytes,
            long uncompressedBytes,
            @Nullable String sha256OrNull,
            @Nullable DiskContents contentsOrNull,
            boolean mayBeUnfinished)
            implements Inspection {
        Unfit unfinished() {
            return new Unfit(problem, compressedBytes, uncompressedBytes, sha256OrNull, contentsOrNull, true);
        }
    }
}
