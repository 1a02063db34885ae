package dev.imageferry.daemon;

import dev.imageferry.drop.Section;
import dev.imageferry.drop.WhenDone;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Where the file of a job is now.
 *
 * @param path the full path; empty if the file does not exist or belongs to another daemon
 * @param note explains a missing path; empty if there is nothing to explain
 */
public record FileLocation(String path, String note) {
    static FileLocation of(Job job, Path folder, WhenDone whenDone) {
        Path dropped = folder.resolve(job.file());
        String name = job.archiveNameOrNull();
        if (name != null) {
            Section section = job.state() == JobState.AVAILABLE ? Section.DONE : Section.FAILED;
            Path archived = folder.resolve(section.folderName()).resolve(name);
            if (Files.isRegularFile(archived, LinkOption.NOFOLLOW_LINKS)) {
                return at(archived);
            }
        }
        ErrorCode code = job.error().map(Problem::code).orElse(null);
        if (code == ErrorCode.FILE_CHANGED) {
            return new FileLocation("", "replaced by other content, which is a separate job");
        }
        boolean isThere = Files.isRegularFile(dropped, LinkOption.NOFOLLOW_LINKS);
        if (isThere && (!job.isArchived() || whenDone == WhenDone.KEEP)) {
            return at(dropped);
        }
        return new FileLocation(
                "",
                job.state() == JobState.AVAILABLE && whenDone == WhenDone.DELETE
                        ? "deleted after its image became available (imageferry.drop.when-done=delete)"
                        : "no longer in the drop folder");
    }

    /** The location of a file in the drop folder of another daemon, whose path is unknown here. */
    static FileLocation elsewhere(Job job) {
        return new FileLocation("", job.file() + " in the drop folder of another daemon");
    }

    private static FileLocation at(Path path) {
        return new FileLocation(path.toString(), "");
    }
}
