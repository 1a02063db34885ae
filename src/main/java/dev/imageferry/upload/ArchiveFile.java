package dev.imageferry.upload;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.drop.Archive;
import dev.imageferry.drop.ArchiveHindrance;
import dev.imageferry.drop.ArchiveOrder;
import dev.imageferry.drop.Placement;
import dev.imageferry.drop.Reservation;
import dev.imageferry.drop.WhenDone;
import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import java.util.Objects;
import java.util.Optional;

/**
 * The last step of every job: nothing of a job that did not succeed stays at Linode, and the file goes to its place with
 * a receipt. The outcome stands already and cannot be lost here.
 */
final class ArchiveFile {
    private final Archive archive;
    private final ImageRemoval removal;
    private final WhenDone whenDone;
    private final ObjectMapper json;
    private final int maxAttempts;

    ArchiveFile(Archive archive, ImageRemoval removal, WhenDone whenDone, ObjectMapper json, int maxAttempts) {
        this.archive = archive;
        this.removal = removal;
        this.whenDone = whenDone;
        this.json = json;
        this.maxAttempts = maxAttempts;
    }

    /** How a run of the step ended. */
    sealed interface Result {
        /**
         * Everything stands in its place.
         *
         * @param fileGone whether the job's file is no longer where it was dropped
         */
        record Archived(boolean fileGone) implements Result {}

        /** It has to be tried again. */
        record Hindered(Problem problem) implements Result {}
    }

    /** Runs from wherever an earlier run was cut off. */
    Result run(Turn turn) throws InterruptedException, LeaseLostException {
        Job job = turn.job();
        if (job.state() != JobState.AVAILABLE && !job.image().isAvailable() && mayBeAtLinode(job)) {
            Optional<Problem> problem = removal.remove(turn);
            if (problem.isPresent()) {
                return new Result.Hindered(problem.get());
            }
            job = turn.job();
            if (!job.image().isAvailable()) { // else it became so behind our back, and stays
                job = turn.checkpoint(job.withImage(job.image().gone()));
            }
        }
        CheckedImage checked = job.checkedOrNull();
        ArchiveOrder order = ArchiveOrder.of(
                job.id(),
                job.file(),
                job.fingerprint(),
                checked == null ? null : checked.sha256(),
                job.state(),
                job.errorOrNull(),
                whenDone,
                receipt(job));
        while (true) {
            switch (archive.reserve(order, job.archiveNameOrNull())) {
                case ArchiveHindrance.Unavailable unavailable -> {
                    return new Result.Hindered(unavailable.problem());
                }
                case ArchiveHindrance.Interrupted interrupted -> throw interruption(job);
                case Reservation.Reserved reserved -> job = turn.checkpoint(job.withArchiveName(reserved.name()));
            }
            switch (archive.place(order, Objects.requireNonNull(job.archiveNameOrNull()))) {
                case ArchiveHindrance.Unavailable unavailable -> {
                    return new Result.Hindered(unavailable.problem());
                }
                case ArchiveHindrance.Interrupted interrupted -> throw interruption(job);
                case Placement.Placed placed -> {
                    return new Result.Archived(placed.whereabouts() != Placement.Whereabouts.LEFT);
                }
                case Placement.NameLost lost -> {
                    // somebody put a file under the reserved name: the next free one is reserved
                }
            }
        }
    }

    private static boolean mayBeAtLinode(Job job) {
        return job.image().idOrNull() != null || job.image().createUnresolved();
    }

    private static InterruptedException interruption(Job job) {
        Thread.interrupted(); // handed on as the exception
        return new InterruptedException("archiving of " + job.file());
    }

    private String receipt(Job job) {
        try {
            return json.writerWithDefaultPrettyPrinter().writeValueAsString(JobView.receipt(job, maxAttempts)) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("job " + job.id() + " cannot be written as JSON", e);
        }
    }
}
