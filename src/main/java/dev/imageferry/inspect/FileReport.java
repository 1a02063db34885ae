package dev.imageferry.inspect;

import dev.imageferry.drop.FileKind;
import dev.imageferry.image.Inspection;
import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is told of one file; an element of the JSON array, with its components as fields in this order.
 *
 * @param file as it was given
 * @param ok whether the daemon would upload it
 * @param error why not
 * @param compressedBytes size of the file; null when it cannot be read
 * @param uncompressedBytes what is in it, as far as it was inflated; null when it cannot be read
 * @param sha256 of the compressed file; null when it was not read to its end
 * @param contents what is on the disk; null when it was not read to its end
 * @param advice what {@code GET /api/v1/drop} says about a file of this name; null when it is the name of an image or a sidecar
 */
record FileReport(
        String file,
        boolean ok,
        @Nullable Reason error,
        @Nullable Long compressedBytes,
        @Nullable Long uncompressedBytes,
        @Nullable String sha256,
        @Nullable DiskContents contents,
        @Nullable String advice) {
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    /**
     * As in a job.
     *
     * @param code an error code's name, e.g. {@code gzip-truncated}
     * @param message names the file, the value, the limit and what to do
     */
    record Reason(String code, String message) {
        static Reason of(Problem problem) {
            return new Reason(problem.code().wireName(), problem.message());
        }
    }

    static FileReport of(String file, Inspection inspection) {
        return switch (inspection) {
            case Inspection.Fit fit -> {
                CheckedImage image = fit.image();
                yield new FileReport(
                        file,
                        true,
                        null,
                        image.compressedBytes(),
                        image.uncompressedBytes(),
                        image.sha256(),
                        image.contents(),
                        FileKind.adviceFor(file));
            }
            case Inspection.Unfit unfit ->
                new FileReport(
                        file,
                        false,
                        Reason.of(unfit.problem()),
                        unfit.compressedBytes(),
                        unfit.uncompressedBytes(),
                        unfit.sha256OrNull(),
                        unfit.contentsOrNull(),
                        FileKind.adviceFor(file));
        };
    }

    static FileReport unreadable(String file, String reason) {
        Problem problem =
                new Problem(ErrorCode.UNREADABLE, "%s cannot be read: %s".formatted(shown(file), shown(reason)));
        return new FileReport(file, false, Reason.of(problem), null, null, null, null, FileKind.adviceFor(file));
    }

    /** Fit for a terminal: what would steer it is a question mark, as {@code ls} does it. */
    static String shown(String text) {
        return UNPRINTABLE.matcher(text).replaceAll("?");
    }
}
