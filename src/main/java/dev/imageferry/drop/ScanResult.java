package dev.imageferry.drop;

import dev.imageferry.job.Problem;
import java.time.Instant;
import java.util.List;

/** How one walk through the drop folder ended. */
public sealed interface ScanResult {
    /**
     * The folder was there from the first look to the last.
     *
     * @param candidates files that can become images, ordered by path
     * @param unfinished images that a download tool still writes, with the reason, ordered by path
     * @param ignored everything else, with the reason, ordered by path
     * @param at when the walk began
     */
    record Scan(List<Candidate> candidates, List<Ignored> unfinished, List<Ignored> ignored, Instant at)
            implements ScanResult {
        public Scan {
            candidates = List.copyOf(candidates);
            unfinished = List.copyOf(unfinished);
            ignored = List.copyOf(ignored);
        }
    }

    /** The folder was not there, or went away on the way: nothing may be concluded. */
    record Unavailable(Problem problem) implements ScanResult {}
}
