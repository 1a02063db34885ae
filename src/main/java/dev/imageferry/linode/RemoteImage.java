package dev.imageferry.linode;

import dev.imageferry.job.ImageRecord;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An image as the API shows it. Fields come and go: one that the answer did not have is null here, and nothing follows from
 * that.
 *
 * @param id e.g. {@code private/123}
 * @param labelOrNull its label
 * @param statusOrNull {@code pending_upload}, {@code creating}, {@code available}
 * @param regionsOrNull where copies stand
 * @param tagsOrNull its tags
 */
public record RemoteImage(
        String id,
        @Nullable String labelOrNull,
        @Nullable String statusOrNull,
        @Nullable List<ImageRecord.RegionCopy> regionsOrNull,
        @Nullable List<String> tagsOrNull,
        boolean isPublic) {
    public RemoteImage {
        regionsOrNull = regionsOrNull == null ? null : List.copyOf(regionsOrNull);
        tagsOrNull = tagsOrNull == null ? null : List.copyOf(tagsOrNull);
    }

    /** Whether it is known that it can be deployed. */
    public boolean isAvailable() {
        return ImageRecord.AVAILABLE.equals(statusOrNull);
    }

    /** Whether its status shows that its bytes have arrived. */
    public boolean hasItsBytes() {
        return isAvailable() || ImageRecord.CREATING.equals(statusOrNull);
    }

    /** Its tags of our form, each with the job and the image number that it names. */
    public List<ImageRecord.Tagged> ourTags() {
        return tagsOrNull == null
                ? List.of()
                : tagsOrNull.stream()
                        .flatMap(tag -> ImageRecord.ofTag(tag).stream())
                        .toList();
    }

    /** Whether its tags show that it was made for another job than this. Tags that are not told, or gone, show nothing. */
    public boolean isOfAnotherJobThan(UUID job) {
        List<ImageRecord.Tagged> ours = ourTags();
        return !ours.isEmpty() && ours.stream().noneMatch(tag -> tag.jobId().equals(job));
    }
}
