package dev.imageferry.step;

import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.Sighting;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.Problem;
import dev.imageferry.job.Reason;
import java.io.IOException;
import java.util.Optional;

/**
 * Looks whether a job's file is still the one that the job is for. A changed change time alone does not end a job: a rename or
 * a chmod causes it too, and the checksum that holds back the end of each PUT catches an edit.
 */
final class SourceFile {
    private SourceFile() {}

    /** What is wrong with the file; empty when it is there and the same. */
    static Optional<Problem> look(DropFolder folder, Job job) {
        return judge(folder.look(job.file()), job);
    }

    static Optional<Problem> judge(Sighting sighting, Job job) {
        return switch (sighting) {
            case Sighting.Present(FileFingerprint now)
            when now.equalsButForChangeTime(job.fingerprint()) -> Optional.empty();
            case Sighting.Present changed -> Optional.of(changed(job));
            case Sighting.Absent absent -> Optional.of(removed(job));
            case Sighting.Unknown unknown -> Optional.of(unknown.problem());
        };
    }

    /**
     * What a step's own failure with the file means. With the folder away every file seems removed or unreadable, and one that is
     * seen again is not gone: neither may end the job.
     *
     * @param found what the step made of it
     */
    static Problem confirm(DropFolder folder, Job job, Problem found) {
        if (!folder.isPresent()) {
            return folder.unavailable();
        }
        return look(folder, job)
                .orElseGet(() -> found.code() == ErrorCode.FILE_REMOVED ? outOfSightForAMoment(job) : found);
    }

    private static Problem outOfSightForAMoment(Job job) {
        return new Problem(
                ErrorCode.FOLDER_UNAVAILABLE,
                job.file() + " was out of sight for a moment, the folder too perhaps: it is there again, and so the"
                        + " work goes on");
    }

    static Problem changed(Job job) {
        return new Problem(
                ErrorCode.FILE_CHANGED,
                job.file()
                        + " was replaced or altered while its job was under way: the new content is a job of its own");
    }

    static Problem removed(Job job) {
        return new Problem(
                ErrorCode.FILE_REMOVED,
                job.file() + " was removed while its job was under way: drop it again to upload it");
    }

    static Problem unreadable(Job job, IOException cause) {
        return new Problem(
                ErrorCode.UNREADABLE,
                job.file() + " cannot be read (" + Reason.of(cause) + "): look at its permissions and at the disk");
    }
}
