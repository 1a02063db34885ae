package dev.imageferry.step;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.drop.Archive;
import dev.imageferry.drop.ArchiveHindrance;
import dev.imageferry.drop.ArchiveOrder;
import dev.imageferry.drop.Placement;
import dev.imageferry.drop.PreparedFiles;
import dev.imageferry.drop.Reservation;
import dev.imageferry.drop.WhenDone;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.LeaseLostException;
import dev.imageferry.worker.Step;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;

/**
 * The last step of every job, repeated until it succeeds. Deletes the image of an unsuccessful job, writes the receipt and
 * moves the file.
 */
public final class ArchiveFile implements Step {
    private final Archive archive;
    private final PreparedFiles prepared;
    private final ImageRemoval removal;
    private final WhenDone whenDone;
    private final ObjectMapper json;
    private final JobView.Terms terms;

    public ArchiveFile(
            Archive archive,
            PreparedFiles prepared,
            ImageRemoval removal,
            WhenDone whenDone,
            ObjectMapper json,
            JobView.Terms terms) {
        this.archive = archive;
        this.prepared = prepared;
        this.removal = removal;
        this.whenDone = whenDone;
        this.json = json;
        this.terms = terms;
    }

    @Override
    public StepOutcome run(JobRun run) throws InterruptedException, LeaseLostException {
        Job job = run.job();
        if (job.state() != JobState.AVAILABLE && !job.image().isAvailable() && mayBeAtLinode(job)) {
            Optional<Problem> problem = removal.remove(run);
            if (problem.isPresent()) {
                return new StepOutcome.RetryLater(run.job(), problem.get());
            }
            job = run.job();
            if (!job.image().isAvailable()) { // an image that became available meanwhile stays
                job = run.checkpoint(job.withImage(job.image().gone()));
            }
        }
        if (job.convert() || job.preparedOrNull() != null) {
            try {
                prepared.remove(job);
            } catch (IOException e) {
                return StepOutcome.of(job, SourceFile.unreadable(job, e));
            }
        }
        ArchiveOrder order = ArchiveOrder.of(
                job.id(),
                job.file(),
                job.fingerprint(),
                job.sourceSha256OrNull(),
                job.state(),
                job.errorOrNull(),
                whenDone,
                receipt(job));
        while (true) {
            switch (archive.reserve(order, job.archiveNameOrNull())) {
                case ArchiveHindrance.Unavailable unavailable -> {
                    return new StepOutcome.RetryLater(job, unavailable.problem());
                }
                case ArchiveHindrance.Interrupted interrupted -> throw interruption(job);
                case Reservation.Reserved reserved -> job = run.checkpoint(job.withArchiveName(reserved.name()));
            }
            switch (archive.place(order, Objects.requireNonNull(job.archiveNameOrNull()))) {
                case ArchiveHindrance.Unavailable unavailable -> {
                    return new StepOutcome.RetryLater(job, unavailable.problem());
                }
                case ArchiveHindrance.Interrupted interrupted -> throw interruption(job);
                case Placement.Placed placed -> {
                    FileFingerprint left = placed.leftOrNull();
                    return new StepOutcome.Archived(left == null ? job : job.withFingerprint(left), left == null);
                }
                case Placement.NameLost lost -> {
                    // the reserved name was taken meanwhile: reserve the next free name
                }
            }
        }
    }

    private static boolean mayBeAtLinode(Job job) {
        return job.image().idOrNull() != null || job.image().createUnresolved();
    }

    private static InterruptedException interruption(Job job) {
        Thread.interrupted(); // replaced by the exception
        return new InterruptedException("interrupted while archiving " + job.file());
    }

    private String receipt(Job job) {
        try {
            return json.writerWithDefaultPrettyPrinter().writeValueAsString(JobView.receipt(job, terms)) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("job " + job.id() + " cannot be written as JSON", e);
        }
    }
}
