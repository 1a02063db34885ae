package dev.imageferry.drop;

import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Problem;

/** What is at a path in the drop folder. */
public sealed interface Sighting {
    /** A regular file that is reached without a symbolic link. */
    record Present(FileFingerprint fingerprint) implements Sighting {}

    /** No regular file, although the drop folder is present: nothing, a folder, a symbolic link or a device. */
    record Absent() implements Sighting {}

    /** Unknown, because the drop folder is missing or the path is not accessible. */
    record Unknown(Problem problem) implements Sighting {}
}
