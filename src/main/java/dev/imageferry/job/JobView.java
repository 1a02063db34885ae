package dev.imageferry.job;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A job as REST, the event stream and the receipt show it. The field names are part of the API. It contains no secret.
 *
 * @param sha256 of the file as it was dropped; null before it is known
 * @param monthlyCost dollars a month for the image in all its regions; null before the check
 */
public record JobView(
        UUID id,
        String file,
        JobState state,
        String label,
        String description,
        @Nullable String region,
        List<String> tags,
        boolean cloudInit,
        List<String> replicateTo,
        @Nullable String family,
        @Nullable Integer keep,
        int priority,
        long compressedBytes,
        @Nullable Long uncompressedBytes,
        @Nullable Double monthlyCost,
        @Nullable String sha256,
        @Nullable DiskContents contents,
        @Nullable Image image,
        ProgressView progress,
        int attempt,
        int maxAttempts,
        @Nullable Instant nextAttemptAt,
        @Nullable ErrorView error,
        @Nullable String instance,
        boolean archived,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        Instant updatedAt) {

    /** Linode's price list and limits count in units of 2<sup>30</sup> bytes. */
    private static final double BYTES_PER_GB = 1L << 30;

    /**
     * The settings that a view shows.
     *
     * @param pricePerGb dollars a month for one GB in one region
     */
    public record Terms(int maxAttempts, double pricePerGb) {}

    /**
     * The image at Linode.
     *
     * @param retired when and why retention deleted it; null if it did not
     */
    public record Image(
            String id,
            @Nullable String status,
            List<ImageRecord.RegionCopy> regions,
            @Nullable RetiredImage retired) {}

    /**
     * The progress of the upload, or of the conversion.
     *
     * @param bytesSent bytes that were sent, or of the dropped file that were converted
     * @param percent 0 to 100, one decimal
     * @param bytesPerSecond average over the last seconds; null if the answering instance runs no PUT of the job
     */
    public record ProgressView(
            long bytesSent,
            double percent,
            @Nullable Long bytesPerSecond,
            @Nullable Long etaSeconds) {}

    /** The current problem. */
    public record ErrorView(String code, String message) {}

    /** Dollars a month for so many bytes, counted once for each region, rounded to a hundredth of a cent. */
    public static double monthlyCost(long bytes, double pricePerGb) {
        return Math.round(bytes / BYTES_PER_GB * pricePerGb * 10_000) / 10_000.0;
    }

    /** Returns the receipt: the job as REST shows it after archiving. */
    public static JobView receipt(Job job, Terms terms) {
        return of(job, terms, null, null, true);
    }

    public static JobView of(Job job, Terms terms, @Nullable UploadProgress running) {
        return of(job, terms, running, job.instanceOrNull(), job.isArchived());
    }

    private static JobView of(
            Job job, Terms terms, @Nullable UploadProgress running, @Nullable String instance, boolean archived) {
        CheckedImage checked = job.checkedOrNull();
        Problem error = job.errorOrNull();
        boolean waits = !job.state().isEnd() && job.instanceOrNull() == null && error != null;
        return new JobView(
                job.id(),
                job.file(),
                job.state(),
                job.metadata().label(),
                job.metadata().description(),
                job.metadata().regionOrNull(),
                job.metadata().tags(),
                job.metadata().cloudInit(),
                job.metadata().replicateTo(),
                job.metadata().familyOrNull(),
                job.metadata().keepOrNull(),
                job.priority(),
                job.uploadedFile().bytes(),
                checked == null ? null : checked.uncompressedBytes(),
                checked == null ? null : monthlyCost(checked, job.metadata(), terms),
                job.sourceSha256OrNull(),
                checked == null ? null : checked.contents(),
                image(job.image(), job.retiredOrNull()),
                progress(job, running),
                job.attempt(),
                terms.maxAttempts(),
                waits ? job.nextRunAt() : null,
                error == null ? null : new ErrorView(error.code().wireName(), error.message()),
                instance,
                archived,
                job.createdAt(),
                job.startedAtOrNull(),
                job.finishedAtOrNull(),
                job.updatedAt());
    }

    private static Double monthlyCost(CheckedImage checked, ImageMetadata metadata, Terms terms) {
        long copies = Stream.concat(Stream.ofNullable(metadata.regionOrNull()), metadata.replicateTo().stream())
                .distinct()
                .count();
        return monthlyCost(checked.uncompressedBytes() * Math.max(1, copies), terms.pricePerGb());
    }

    private static @Nullable Image image(ImageRecord image, @Nullable RetiredImage retired) {
        return image.idOrNull() == null
                ? null
                : new Image(image.idOrNull(), image.statusOrNull(), image.regions(), retired);
    }

    private static ProgressView progress(Job job, @Nullable UploadProgress running) {
        long all = job.state() == JobState.CONVERTING
                ? job.fingerprint().bytes()
                : job.uploadedFile().bytes();
        long sent = running == null ? job.bytesSent() : running.bytesSent();
        Long rate = running == null || running.bytesPerSecond().isEmpty()
                ? null
                : Long.valueOf(Math.round(running.bytesPerSecond().getAsDouble()));
        double percent = all == 0 ? 0 : Math.floor(sent * 1000.0 / all) / 10;
        return new ProgressView(sent, percent, rate, UploadProgress.etaSeconds(all - sent, rate));
    }
}
