package dev.imageferry.upload;

import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.image.GzipInspector;
import dev.imageferry.image.ImageLabels;
import dev.imageferry.image.Inspection;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/** Reads the file once from end to end, before a byte is sent or an image is created. */
final class CheckFile implements Step {
    private final DropFolder folder;
    private final MetadataReader metadata;
    private final GzipInspector inspector;
    private final Duration incompleteAfter;
    private final InstantSource clock;
    private final Timer timer;

    CheckFile(
            DropFolder folder,
            MetadataReader metadata,
            GzipInspector inspector,
            Duration incompleteAfter,
            InstantSource clock,
            Timer timer) {
        this.folder = folder;
        this.metadata = metadata;
        this.inspector = inspector;
        this.incompleteAfter = incompleteAfter;
        this.clock = clock;
        this.timer = timer;
    }

    @Override
    public StepOutcome run(Turn turn) throws InterruptedException {
        Job job = turn.job();
        switch (metadata.read(job.file(), ImageLabels::labelOf)) {
            case MetadataReader.Result.Bad bad -> {
                return StepOutcome.of(job, bad.problem());
            }
            case MetadataReader.Result.Read read -> job = job.withMetadata(read.metadata());
        }
        Path file = folder.resolve(job.file());
        long begun = System.nanoTime();
        Inspection inspection;
        FileFingerprint afterwards;
        try {
            inspection = inspector.inspect(file, bytesRead -> {});
            afterwards = FileFingerprint.of(file);
        } catch (ClosedByInterruptException e) {
            throw new InterruptedException("check of " + job.file());
        } catch (NoSuchFileException e) {
            return StepOutcome.of(job, SourceFile.confirm(folder, job, SourceFile.removed(job)));
        } catch (IOException e) {
            return StepOutcome.of(job, SourceFile.confirm(folder, job, SourceFile.unreadable(job, e)));
        }
        timer.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
        return switch (inspection) {
            case Inspection.Unfit unfit
            when unfit.problem().code() == ErrorCode.GZIP_TRUNCATED -> truncated(job, afterwards, unfit.problem());
            case Inspection.Unfit unfit -> StepOutcome.of(job, unfit.problem());
            case Inspection.Fit fit ->
                afterwards.equals(job.fingerprint())
                        ? new StepOutcome.Advanced(job.withChecked(fit.image()), JobState.READY, "checked")
                        : StepOutcome.of(job, SourceFile.changed(job));
        };
    }

    /** A gzip that ends too early may be a copy that stalled: it has time from its last change on. */
    private StepOutcome truncated(Job job, FileFingerprint seen, Problem problem) {
        Instant lastChange = Instant.ofEpochSecond(0, seen.modifiedNanos());
        Duration left = Duration.between(clock.instant(), lastChange.plus(incompleteAfter));
        // a modification time in the future must not make the file wait for that future
        Duration pause = left.compareTo(incompleteAfter) < 0 ? left : incompleteAfter;
        return pause.isPositive()
                ? new StepOutcome.StillPending(job, pause, problem)
                : new StepOutcome.GaveUp(job, problem);
    }
}
