package dev.imageferry.drop;

import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Problem;

/** What a look at one path of the drop folder found. */
public sealed interface Sighting {
    /** A regular file, reached without a symbolic link. */
    record Present(FileFingerprint fingerprint) implements Sighting {}

    /** No regular file is there, and the folder is: nothing, a folder, a symbolic link, a device. */
    record Absent() implements Sighting {}

    /** Nobody can tell: the drop folder is not there, or the path cannot be looked at. */
    record Unknown(Problem problem) implements Sighting {}
}
