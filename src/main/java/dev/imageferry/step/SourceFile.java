package dev.imageferry.step;

import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.Sighting;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.Reason;
import dev.imageferry.job.StepOutcome;
import java.io.IOException;
import java.util.Optional;

/**
 * Checks whether a job's file is still present and unchanged. The change time is ignored, because a rename or a chmod changes
 * it too. The checksum of the PUT detects an edit.
 */
final class SourceFile {
    private SourceFile() {}

    /** The problem with the file; empty if it is present and unchanged. */
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
     * Confirms a problem that a step had with the file. If the whole folder is unavailable, or the file is present again, the
     * problem must not end the job.
     *
     * @param found the problem that the step found
     */
    static Problem confirm(DropFolder folder, Job job, Problem found) {
        if (!folder.isPresent()) {
            return folder.unavailable();
        }
        return look(folder, job).orElseGet(() -> found.code() == ErrorCode.FILE_REMOVED ? brieflyMissing(job) : found);
    }

    private static Problem brieflyMissing(Job job) {
        return new Problem(
                ErrorCode.FOLDER_UNAVAILABLE,
                job.file() + " was missing for a moment, perhaps with the whole folder. It is present again, and the"
                        + " job continues");
    }

    /** The outcome if the prepared file of a job is missing or was changed. What is known about its image stays. */
    static StepOutcome toConvertAgain(Job job) {
        return new StepOutcome.Advanced(
                job.withoutPrepared(), JobState.CONVERTING, "the converted file is missing or was changed");
    }

    static Problem changed(Job job) {
        return new Problem(
                ErrorCode.FILE_CHANGED,
                job.file()
                        + " was replaced or changed while its job was in progress. The new content becomes a new job");
    }

    static Problem removed(Job job) {
        return new Problem(
                ErrorCode.FILE_REMOVED,
                job.file() + " was removed while its job was in progress. Drop it again to upload it");
    }

    static Problem unreadable(Job job, IOException cause) {
        return new Problem(
                ErrorCode.UNREADABLE,
                job.file() + " cannot be read (" + Reason.of(cause) + "). Check its permissions and the disk");
    }
}
