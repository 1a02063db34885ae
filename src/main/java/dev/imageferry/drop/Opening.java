package dev.imageferry.drop;

import dev.imageferry.job.Problem;

/** The result of opening the drop folder. */
public sealed interface Opening {
    /** The folder is present and has the right identity. */
    record Opened(DropFolder folder) implements Opening {}

    /** The folder cannot be used now. The code is {@code folder-unavailable}. */
    record Closed(Problem problem) implements Opening {}
}
