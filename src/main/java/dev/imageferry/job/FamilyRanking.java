package dev.imageferry.job;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides which images of a family are more than its newest job wants to keep. */
public final class FamilyRanking {
    private FamilyRanking() {}

    /**
     * Returns the ids of the images beyond the newest ones that are kept, newest first. An image is as new as the newest job that
     * holds it. Only images that exist count as kept, so that a list that lacks some keeps older ones instead.
     *
     * @param newestFirst the AVAILABLE jobs of one family whose images are not retired; the first one decides how many are kept
     * @param existing the ids of the images that are available at Linode
     */
    public static List<String> beyondKept(List<Job> newestFirst, Set<String> existing) {
        Integer keep = keep(newestFirst);
        if (keep == null) {
            return List.of();
        }
        Set<String> seen = new HashSet<>();
        List<String> beyond = new ArrayList<>();
        int kept = 0;
        for (Job job : newestFirst) {
            String id = job.image().idOrNull();
            if (id == null || !seen.add(id)) {
                continue;
            }
            if (kept >= keep) {
                beyond.add(id);
            } else if (existing.contains(id)) {
                kept++;
            }
        }
        return beyond;
    }

    /** Returns how many images the newest job wants to keep; null for all. */
    public static @Nullable Integer keep(List<Job> newestFirst) {
        return newestFirst.isEmpty() ? null : newestFirst.getFirst().metadata().keepOrNull();
    }
}
