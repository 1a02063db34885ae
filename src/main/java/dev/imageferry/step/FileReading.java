package dev.imageferry.step;

import dev.imageferry.drop.Checksums;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.worker.JobRun;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * What the steps that read a whole file share: they read its metadata and its checksums first, and a file that changed meanwhile,
 * or may be an unfinished copy, is not judged yet.
 */
public final class FileReading {
    /** Pause before a file that changed while it was read is read again. */
    private static final Duration AGAIN_PAUSE = Duration.ofSeconds(5);

    private final DropFolder folder;
    private final MetadataReader metadata;
    private final KnownRegions regions;
    private final Checksums checksums;
    private final Duration incompleteAfter;

    /** @param incompleteAfter {@code imageferry.drop.incomplete-after} */
    public FileReading(
            DropFolder folder,
            MetadataReader metadata,
            KnownRegions regions,
            Checksums checksums,
            Duration incompleteAfter) {
        this.folder = folder;
        this.metadata = metadata;
        this.regions = regions;
        this.checksums = checksums;
        this.incompleteAfter = incompleteAfter;
    }

    /** The verdict of a step on the file that it has read. */
    sealed interface Verdict {
        /**
         * The file can be used.
         *
         * @param next the outcome if the file has not changed; receives its fingerprint
         */
        record Fit(Function<FileFingerprint, StepOutcome> next) implements Verdict {}

        /**
         * The file cannot be used.
         *
         * @param mayBeUnfinished whether an incomplete copy would look the same
         */
        record Unfit(Problem problem, boolean mayBeUnfinished) implements Verdict {}

        /** The file cannot be judged, for a reason that is not in the file. */
        record NotJudged(Problem problem) implements Verdict {}
    }

    /** Reads the file and judges it. */
    @FunctionalInterface
    interface Reader {
        Verdict read() throws IOException, InterruptedException;
    }

    /**
     * Reads the metadata and the checksums of the job's file, and continues with them if they are good. The metadata of a job with an
     * image is fixed.
     */
    StepOutcome withMetadata(JobRun run, Continuation continuation) throws InterruptedException {
        Job job = run.job();
        boolean isFixed = job.image().idOrNull() != null || job.image().createUnresolved();
        Job described = job;
        String ofSidecar = null;
        switch (run.inDatabase(() -> metadata.read(job.file()))) {
            case MetadataReader.Result.Bad bad -> {
                if (!isFixed || bad.problem().code() != ErrorCode.BAD_METADATA) {
                    return StepOutcome.of(job, bad.problem());
                }
            }
            case MetadataReader.Result.Read read -> {
                ofSidecar = read.sha256OrNull();
                if (!isFixed) {
                    described = job.withMetadata(read.metadata());
                    Optional<Problem> badRegion = regions.problem(read);
                    if (badRegion.isPresent()) {
                        return StepOutcome.of(described, badRegion.get());
                    }
                }
            }
        }
        return switch (checksums.of(job.file(), ofSidecar)) {
            case Checksums.Result.Bad bad -> StepOutcome.of(described, bad.problem());
            case Checksums.Result.Found expected -> continuation.apply(described, expected);
        };
    }

    /** A step with the metadata and the checksums of its file. */
    @FunctionalInterface
    interface Continuation {
        StepOutcome apply(Job job, Checksums.Result.Found expected) throws InterruptedException;
    }

    /**
     * Reads a file and returns the outcome of the step.
     *
     * @param file what is read: the dropped file or the prepared one
     * @param known its fingerprint in the row of the job
     */
    StepOutcome read(Job job, Path file, FileFingerprint known, Reader reader) throws InterruptedException {
        FileFingerprint before;
        Verdict verdict;
        FileFingerprint afterwards;
        boolean isBeingDownloaded;
        try {
            before = FileFingerprint.of(file);
            verdict = reader.read();
            afterwards = FileFingerprint.of(file);
            isBeingDownloaded = folder.isBeingDownloaded(job.file());
        } catch (ClosedByInterruptException e) {
            throw new InterruptedException("interrupted while reading " + job.file());
        } catch (NoSuchFileException e) {
            return StepOutcome.of(job, SourceFile.confirm(folder, job, SourceFile.removed(job)));
        } catch (IOException e) {
            return StepOutcome.of(job, SourceFile.confirm(folder, job, SourceFile.unreadable(job, e)));
        }
        boolean changed = !afterwards.equals(before);
        if (verdict instanceof Verdict.Unfit(Problem problem, boolean mayBeUnfinished) && mayBeUnfinished) {
            return changed || isBeingDownloaded
                    ? new StepOutcome.StillPending(job, AGAIN_PAUSE, problem)
                    : unfinished(job, problem);
        }
        if (!afterwards.equalsButForChangeTime(known)) {
            return job.preparedOrNull() == null
                    ? StepOutcome.of(job, SourceFile.changed(job))
                    : SourceFile.toConvertAgain(job);
        }
        if (changed) {
            return new StepOutcome.StillPending(job, AGAIN_PAUSE, job.errorOrNull());
        }
        return switch (verdict) {
            case Verdict.Unfit unfit -> StepOutcome.of(job, unfit.problem());
            case Verdict.NotJudged(Problem problem) -> StepOutcome.of(job, problem);
            case Verdict.Fit fit -> fit.next().apply(before);
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
