package dev.imageferry.step;

import dev.imageferry.drop.Checksums;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.image.GzipInspector;
import dev.imageferry.image.Inspection;
import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.worker.JobListener;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.Step;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Reads the whole file once and checks it, before an image is created. */
public final class CheckFile implements Step {
    /** Pause before a file that changed during its check is checked again. */
    private static final Duration RECHECK_PAUSE = Duration.ofSeconds(5);

    private final DropFolder folder;
    private final MetadataReader metadata;
    private final Checksums checksums;
    private final GzipInspector inspector;
    private final Duration incompleteAfter;
    private final JobListener listener;

    public CheckFile(
            DropFolder folder,
            MetadataReader metadata,
            Checksums checksums,
            GzipInspector inspector,
            Duration incompleteAfter,
            JobListener listener) {
        this.folder = folder;
        this.metadata = metadata;
        this.checksums = checksums;
        this.inspector = inspector;
        this.incompleteAfter = incompleteAfter;
        this.listener = listener;
    }

    @Override
    public StepOutcome run(JobRun run) throws InterruptedException {
        Job job = run.job();
        Job claimed = job;
        String ofSidecar;
        switch (run.inDatabase(() -> metadata.read(claimed.file()))) {
            case MetadataReader.Result.Bad bad -> {
                return StepOutcome.of(job, bad.problem());
            }
            case MetadataReader.Result.Read read -> {
                job = job.withMetadata(read.metadata());
                ofSidecar = read.sha256OrNull();
            }
        }
        Checksums.Result.Found expected;
        switch (checksums.of(job.file(), ofSidecar)) {
            case Checksums.Result.Bad bad -> {
                return StepOutcome.of(job, bad.problem());
            }
            case Checksums.Result.Found found -> expected = found;
        }
        Path file = folder.resolve(job.file());
        long begun = System.nanoTime();
        Inspection inspection;
        FileFingerprint before;
        FileFingerprint afterwards;
        boolean isBeingDownloaded;
        try {
            before = FileFingerprint.of(file);
            inspection = inspector.inspect(file, bytesRead -> {});
            afterwards = FileFingerprint.of(file);
            isBeingDownloaded = folder.isBeingDownloaded(job.file());
        } catch (ClosedByInterruptException e) {
            throw new InterruptedException("interrupted while checking " + job.file());
        } catch (NoSuchFileException e) {
            return StepOutcome.of(job, SourceFile.confirm(folder, job, SourceFile.removed(job)));
        } catch (IOException e) {
            return StepOutcome.of(job, SourceFile.confirm(folder, job, SourceFile.unreadable(job, e)));
        }
        listener.fileChecked(job, Duration.ofNanos(System.nanoTime() - begun));
        boolean changed = !afterwards.equals(before);
        if (inspection instanceof Inspection.Unfit unfit && unfit.mayBeUnfinished()) {
            return changed || isBeingDownloaded
                    ? new StepOutcome.StillPending(job, RECHECK_PAUSE, unfit.problem())
                    : unfinished(job, unfit.problem());
        }
        if (!afterwards.equalsButForChangeTime(job.fingerprint())) {
            return StepOutcome.of(job, SourceFile.changed(job));
        }
        if (changed) {
            return new StepOutcome.StillPending(job, RECHECK_PAUSE, job.errorOrNull());
        }
        return switch (inspection) {
            case Inspection.Unfit unfit -> StepOutcome.of(job, unfit.problem());
            case Inspection.Fit fit -> {
                Optional<Problem> differs = expected.differs(job.file(), fit.image().sha256());
                CheckedImage image = fit.image().withWarnings(expected.warnings());
                yield differs.isPresent()
                        ? StepOutcome.of(job, differs.get())
                        : new StepOutcome.Advanced(job.withChecked(image, before), JobState.READY, "checked");
            }
        };
    }

    /** Rejects an unfinished copy if it has not changed for {@code imageferry.drop.incomplete-after}, otherwise waits. */
    private StepOutcome unfinished(Job job, Problem problem) {
        Duration left = incompleteAfter.minus(job.fileUnchangedFor());
        return left.isPositive()
                ? new StepOutcome.StillPending(job, left, problem)
                : new StepOutcome.GaveUp(job, problem);
    }
}
