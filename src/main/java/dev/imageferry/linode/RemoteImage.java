package dev.imageferry.linode;

import dev.imageferry.job.ImageRecord;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An image as returned by the API. A field that is missing in the answer is null, which means unknown.
 *
 * @param id such as {@code private/123}
 * @param statusOrNull {@code pending_upload}, {@code creating} or {@code available}
 * @param regionsOrNull the regions that have a copy
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

    /** Whether it can be deployed. */
    public boolean isAvailable() {
        return ImageRecord.AVAILABLE.equals(statusOrNull);
    }

    /** Whether its status proves that its bytes have arrived. */
    public boolean hasItsBytes() {
        return isAvailable() || ImageRecord.CREATING.equals(statusOrNull);
    }

    /** The tags that Imageferry set, each with its job and image number. */
    public List<ImageRecord.Tagged> ourTags() {
        return tagsOrNull == null
                ? List.of()
                : tagsOrNull.stream()
                        .flatMap(tag -> ImageRecord.ofTag(tag).stream())
                        .toList();
    }

    /** Whether its tags prove that it was created for another job. Unknown or removed tags prove nothing. */
    public boolean isOfAnotherJobThan(UUID job) {
        List<ImageRecord.Tagged> ours = ourTags();
        return !ours.isEmpty() && ours.stream().noneMatch(tag -> tag.jobId().equals(job));
    }
}
