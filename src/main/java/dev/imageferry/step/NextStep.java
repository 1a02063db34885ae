package dev.imageferry.step;

import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.PreparedFiles;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.LeaseLostException;
import dev.imageferry.worker.PutPermits;
import dev.imageferry.worker.Step;
import java.time.Duration;
import java.util.Optional;

/** Selects and runs the step that the state of a job requires. */
public final class NextStep implements Step {
    /** Pause while an unfinished copy continues. The intake wakes the job when the file has settled. */
    private static final Duration COPY_PAUSE = Duration.ofSeconds(5);

    private final DropFolder folder;
    private final JobQueue queue;
    private final ImageRemoval removal;
    private final PutPermits puts;
    private final PreparedFiles prepared;
    private final Step convertFile;
    private final Step checkFile;
    private final Step createImage;
    private final Step putImage;
    private final Step awaitImage;
    private final Step replicateImage;
    private final Step archiveFile;

    public NextStep(
            DropFolder folder,
            JobQueue queue,
            ImageRemoval removal,
            PutPermits puts,
            PreparedFiles prepared,
            Step convertFile,
            Step checkFile,
            Step createImage,
            Step putImage,
            Step awaitImage,
            Step replicateImage,
            Step archiveFile) {
        this.folder = folder;
        this.queue = queue;
        this.removal = removal;
        this.puts = puts;
        this.prepared = prepared;
        this.convertFile = convertFile;
        this.checkFile = checkFile;
        this.createImage = createImage;
        this.putImage = putImage;
        this.awaitImage = awaitImage;
        this.replicateImage = replicateImage;
        this.archiveFile = archiveFile;
    }

    @Override
    public StepOutcome run(JobRun run) throws InterruptedException, LeaseLostException {
        if (run.job().state().isEnd()) {
            return archiveFile.run(run);
        }
        StepOutcome outcome = step(run);
        boolean fileGone = outcome instanceof StepOutcome.GaveUp(Job job, Problem problem)
                && problem.code() == ErrorCode.FILE_REMOVED
                && run.inDatabase(() -> queue.hasSuccessor(job));
        // the job of the new content has already moved the file
        return fileGone ? StepOutcome.of(outcome.job(), SourceFile.changed(outcome.job())) : outcome;
    }

    private StepOutcome step(JobRun run) throws InterruptedException, LeaseLostException {
        Job job = run.job();
        if (job.cancelRequested()) {
            return cancel(run);
        }
        Optional<StepOutcome> fileGone = checkSourceFile(job);
        if (fileGone.isPresent()) {
            return fileGone.get();
        }
        if (lacksPreparedFile(job)) {
            return SourceFile.toConvertAgain(job);
        }
        return switch (job.state()) {
            case CONVERTING -> convertFile.run(run);
            case CHECKING -> checkFile.run(run);
            case UPLOADING -> upload(run);
            case PROCESSING -> awaitImage.run(run);
            case REPLICATING -> replicateImage.run(run);
            case QUEUED, READY, AVAILABLE, REJECTED, FAILED, CANCELLED ->
                throw new IllegalStateException("job " + job.id() + " has no step in state " + job.state());
        };
    }

    /** Whether someone removed or changed the prepared file before the step that reads it. */
    private boolean lacksPreparedFile(Job job) {
        boolean isRead = job.state() == JobState.CHECKING
                || (job.state() == JobState.UPLOADING && job.image().allBytesSentAtOrNull() == null);
        return isRead && job.preparedOrNull() != null && !prepared.isThere(job);
    }

    /** Deletes the image of another folder's job now, because only an instance of that folder can archive the job. */
    private StepOutcome cancel(JobRun run) throws InterruptedException, LeaseLostException {
        Job job = run.job();
        if (job.folderId().equals(folder.id()) || job.state() == JobState.REPLICATING) {
            return StepOutcome.cancelled(job);
        }
        Optional<Problem> hindrance = removal.remove(run);
        return hindrance.isPresent()
                ? StepOutcome.of(job, hindrance.get())
                : StepOutcome.cancelled(job.withImage(job.image().gone()));
    }

    private StepOutcome upload(JobRun run) throws InterruptedException, LeaseLostException {
        ImageRecord image = run.job().image();
        if (image.idOrNull() == null || image.isCorrupted()) {
            StepOutcome created = createImage.run(run);
            if (!(created instanceof StepOutcome.Advanced(Job job, JobState next, String detail))
                    || next != JobState.UPLOADING) {
                return created;
            }
            run.advanceTo(job);
        }
        puts.acquire(run);
        try {
            return putImage.run(run);
        } finally {
            puts.release();
        }
    }

    /** Checks the file, except while the image is replicated, when the file is no longer needed. */
    private Optional<StepOutcome> checkSourceFile(Job job) {
        if (job.state() == JobState.REPLICATING) {
            return Optional.empty();
        }
        return SourceFile.look(folder, job).map(problem -> {
            boolean copyContinues = problem.code() == ErrorCode.FILE_CHANGED && job.awaitsRestOfFile();
            return copyContinues
                    ? new StepOutcome.StillPending(job, COPY_PAUSE, job.errorOrNull())
                    : StepOutcome.of(job, problem);
        });
    }
}
