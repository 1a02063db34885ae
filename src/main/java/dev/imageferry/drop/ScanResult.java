package dev.imageferry.drop;

import dev.imageferry.job.Problem;
import java.time.Instant;
import java.util.List;

/** The result of one scan of the drop folder. */
public sealed interface ScanResult {
    /**
     * A complete scan. All lists are ordered by path.
     *
     * @param candidates image files
     * @param unfinished image files that a download tool is still writing, with the reason
     * @param ignored everything else, with the reason
     * @param at when the scan began
     */
    record Scan(List<Candidate> candidates, List<Ignored> unfinished, List<Ignored> ignored, Instant at)
            implements ScanResult {
        public Scan {
            candidates = List.copyOf(candidates);
            unfinished = List.copyOf(unfinished);
            ignored = List.copyOf(ignored);
        }
    }

    /** The folder was missing before or after the scan, so nothing can be concluded. */
    record Unavailable(Problem problem) implements ScanResult {}
}
