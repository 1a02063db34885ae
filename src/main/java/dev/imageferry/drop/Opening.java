package dev.imageferry.drop;

import dev.imageferry.job.Problem;

/** How opening the drop folder ended. */
public sealed interface Opening {
    /** The folder is there and has its identity. */
    record Opened(DropFolder folder) implements Opening {}

    /** It cannot be used now; the problem is {@code folder-unavailable}. */
    record Closed(Problem problem) implements Opening {}
}
