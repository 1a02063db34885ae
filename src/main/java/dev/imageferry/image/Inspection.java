package dev.imageferry.image;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.Problem;
import org.jspecify.annotations.Nullable;

/** The result of checking one file. A file that cannot be read is an {@link java.io.IOException} instead. */
public sealed interface Inspection {
    /** The file can be uploaded as it is. */
    record Fit(CheckedImage image) implements Inspection {}

    /**
     * The file cannot be uploaded as it is.
     *
     * @param problem the reason and what to do, with a code that rejects the file
     * @param compressedBytes size of the file
     * @param uncompressedBytes how much was decompressed before the problem was found
     * @param sha256OrNull of the compressed file; null if it was not read to its end
     * @param contentsOrNull the contents of the disk; null if it was not read to its end
     * @param mayBeUnfinished whether an incomplete copy would look the same
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
