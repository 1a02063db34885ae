package dev.imageferry.cli;

import dev.imageferry.drop.FileKind;
import dev.imageferry.drop.ImageNames;
import dev.imageferry.image.Inspection;
import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.JobView;
import dev.imageferry.job.Problem;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The result for one file, and an element of the JSON output with these fields.
 *
 * @param file as on the command line
 * @param ok whether the daemon would upload it
 * @param error why not
 * @param compressedBytes size of the file; null if it cannot be read
 * @param uncompressedBytes size of the content as far as it was decompressed; null if the file cannot be read
 * @param monthlyCost dollars a month for the image in one region; null for a file that cannot be uploaded
 * @param sha256 of the compressed file; null if it was not read to its end
 * @param contents contents of the disk; null if it was not read to its end
 * @param inflater what decompressed the file, {@code isa-l} or {@code jdk}; null if the file cannot be read
 * @param advice what {@code GET /api/v1/drop} says about a file of this name; null for the name of an image or a sidecar
 */
record FileReport(
        String file,
        boolean ok,
        @Nullable Reason error,
        @Nullable Long compressedBytes,
        @Nullable Long uncompressedBytes,
        @Nullable Double monthlyCost,
        @Nullable String sha256,
        @Nullable DiskContents contents,
        @Nullable String inflater,
        @Nullable String advice) {
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    /**
     * The error, as in a job.
     *
     * @param code such as {@code gzip-truncated}
     * @param message names the file, the value, the limit and what to do
     */
    record Reason(String code, String message) {
        static Reason of(Problem problem) {
            return new Reason(problem.code().wireName(), problem.message());
        }
    }

    static FileReport of(String file, Inspection inspection, InspectCommand.Rules rules) {
        String inflater = rules.inspector().decoder().wireName();
        ImageNames names = rules.names();
        return switch (inspection) {
            case Inspection.Fit fit -> {
                CheckedImage image = fit.image();
                yield new FileReport(
                        file,
                        true,
                        null,
                        image.compressedBytes(),
                        image.uncompressedBytes(),
                        JobView.monthlyCost(image.uncompressedBytes(), rules.pricePerGb()),
                        image.sha256(),
                        image.contents(),
                        inflater,
                        FileKind.adviceFor(file, names));
            }
            case Inspection.Unfit unfit ->
                new FileReport(
                        file,
                        false,
                        Reason.of(unfit.problem()),
                        unfit.compressedBytes(),
                        unfit.uncompressedBytes(),
                        null,
                        unfit.sha256OrNull(),
                        unfit.contentsOrNull(),
                        inflater,
                        FileKind.adviceFor(file, names));
        };
    }

    static FileReport unreadable(String file, String reason, ImageNames names) {
        Problem problem = new Problem(ErrorCode.UNREADABLE, "cannot read %s: %s".formatted(shown(file), shown(reason)));
        return new FileReport(
                file, false, Reason.of(problem), null, null, null, null, null, null, FileKind.adviceFor(file, names));
    }

    /** For a terminal: replaces control characters by question marks, like {@code ls}. */
    static String shown(String text) {
        return UNPRINTABLE.matcher(text).replaceAll("?");
    }
}
