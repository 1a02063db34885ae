package dev.imageferry.step;

import dev.imageferry.drop.MetadataReader;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.Problem;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.Region;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Judges the regions of an image by Linode's listing, before the file is read. A region that the listing allows can still be
 * refused by the create call. Without a listing there is no objection.
 */
public final class KnownRegions {
    private static final Duration KEPT = Duration.ofDays(1);

    /** No region is refused by an older listing, because Linode adds regions. */
    private static final Duration RECENT = Duration.ofMinutes(1);

    private static final int SUGGESTIONS = 3;

    private final LinodeImages linode;

    public KnownRegions(LinodeImages linode) {
        this.linode = linode;
    }

    /** The problem of the region, or of the first bad region of the copies; empty if there is none. */
    Optional<Problem> problem(MetadataReader.Result.Read read) throws InterruptedException {
        return problem(read, linode.regions(KEPT)).isEmpty() ? Optional.empty() : problem(read, linode.regions(RECENT));
    }

    private static Optional<Problem> problem(MetadataReader.Result.Read read, Answer<List<Region>> listing) {
        if (!(listing instanceof Answer.Ok<List<Region>>(List<Region> regions))) {
            return Optional.empty();
        }
        List<String> usable = regions.stream()
                .filter(region -> objection(region) == null)
                .map(Region::id)
                .toList();
        if (usable.isEmpty()) {
            return Optional.empty(); // not the listing that we know
        }
        Map<String, Region> byId =
                regions.stream().collect(Collectors.toMap(Region::id, Function.identity(), (one, other) -> one));
        ImageMetadata metadata = read.metadata();
        if (metadata.regionOrNull() != null) {
            String objection = objection(byId.get(metadata.regionOrNull()));
            if (objection != null) {
                return Optional.of(problem(read.regionPlace() + " is ", metadata.regionOrNull(), objection, usable));
            }
        }
        for (String copy : metadata.replicateTo()) {
            String objection = objection(byId.get(copy));
            if (objection != null) {
                return Optional.of(problem(read.replicateToPlace() + " has the entry ", copy, objection, usable));
            }
        }
        return Optional.empty();
    }

    /** Why no image can be in the region; null if nothing is known against it. */
    private static @Nullable String objection(@Nullable Region region) {
        if (region == null) {
            return "which is not a region of Linode";
        }
        String siteType = region.siteTypeOrNull();
        if (siteType != null && !siteType.equals("core")) {
            return "a " + siteType + " region of Linode, which takes no images";
        }
        List<String> capabilities = region.capabilitiesOrNull();
        return capabilities == null || capabilities.contains("Object Storage")
                ? null
                : "a region of Linode without Object Storage, which takes no images";
    }

    private static Problem problem(String place, String region, String objection, List<String> usable) {
        String nearest = usable.stream()
                .sorted(Comparator.comparingInt((String id) -> distance(region, id))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(SUGGESTIONS)
                .collect(Collectors.joining(", "));
        return new Problem(
                ErrorCode.BAD_METADATA,
                place + '"' + region + "\", " + objection + ": use a core region with Object Storage. Similar names: "
                        + nearest);
    }

    /** The Levenshtein distance. */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int column = 0; column <= other.length(); column++) {
            row[column] = column;
        }
        for (int line = 1; line <= one.length(); line++) {
            int diagonal = row[0];
            row[0] = line;
            for (int column = 1; column <= other.length(); column++) {
                int replaced = diagonal + (one.charAt(line - 1) == other.charAt(column - 1) ? 0 : 1);
                diagonal = row[column];
                row[column] = Math.min(replaced, 1 + Math.min(row[column], row[column - 1]));
            }
        }
        return row[other.length()];
    }
}
