package dev.imageferry.step;

import dev.imageferry.convert.Conversion;
import dev.imageferry.convert.Converter;
import dev.imageferry.convert.NoSpaceException;
import dev.imageferry.convert.Space;
import dev.imageferry.drop.Checksums;
import dev.imageferry.drop.DiskSpace;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.PreparedFiles;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.PreparedFile;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.job.UploadProgress;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes the {@code .img.gz} that is checked and uploaded, from a file of another format, beside that file. */
public final class ConvertFile implements Step {
    /** How long a job waits for space on the disk. */
    private static final Duration NO_SPACE_PAUSE = Duration.ofSeconds(30);

    private final DropFolder folder;
    private final PreparedFiles prepared;
    private final FileReading reading;
    private final Converter converter;
    private final DiskSpace disk;

    public ConvertFile(
            DropFolder folder, PreparedFiles prepared, FileReading reading, Converter converter, DiskSpace disk) {
        this.folder = folder;
        this.prepared = prepared;
        this.reading = reading;
        this.converter = converter;
        this.disk = disk;
    }

    @Override
    public StepOutcome run(JobRun run) throws InterruptedException {
        return reading.withMetadata(run, (job, expected) -> {
            if (prepared.isThere(job)) {
                return new StepOutcome.Advanced(job, JobState.CHECKING, "was converted before");
            }
            try {
                prepared.remove(job);
            } catch (IOException e) {
                return StepOutcome.of(job, SourceFile.confirm(folder, job, SourceFile.unreadable(job, e)));
            }
            UploadProgress progress = run.startProgress();
            Path source = folder.resolve(job.file());
            return reading.read(job, source, job.fingerprint(), () -> convert(job, source, expected, progress));
        });
    }

    private FileReading.Verdict convert(Job job, Path source, Checksums.Result.Found expected, UploadProgress progress)
            throws IOException, InterruptedException {
        Path draft = prepared.draftOf(job);
        long sourceBytes = job.fingerprint().bytes();
        try (DiskSpace.Allocation space = disk.reserve(0)) {
            Conversion conversion = converter.convert(
                    source,
                    draft,
                    new ReservedSpace(space),
                    (done, total) -> progress.sent((long) ((double) done / Math.max(1, total) * sourceBytes)));
            return switch (conversion) {
                case Conversion.Unfit unfit -> new FileReading.Verdict.Unfit(unfit.problem(), unfit.mayBeUnfinished());
                case Conversion.Made made -> made(job, draft, made, expected);
                case Conversion.NotNeeded notNeeded ->
                    new FileReading.Verdict.Fit(asRead ->
                            new StepOutcome.Advanced(job, JobState.CHECKING, "not converted: " + notNeeded.why()));
            };
        } catch (NoSpaceException e) {
            return noSpace(job, e.getMessage());
        }
    }

    private FileReading.Verdict made(Job job, Path draft, Conversion.Made conversion, Checksums.Result.Found expected)
            throws IOException {
        Optional<Problem> differs = expected.differs(job.file(), conversion.sourceSha256());
        if (differs.isPresent()) {
            Files.delete(draft);
            // most formats have no end mark that would show an unfinished copy
            return new FileReading.Verdict.Unfit(differs.get(), true);
        }
        Path target = Files.move(draft, prepared.of(job), StandardCopyOption.ATOMIC_MOVE);
        PreparedFile made = new PreparedFile(FileFingerprint.of(target), conversion.sourceSha256());
        String detail = conversion.noteOrNull() == null ? "converted" : "converted; " + conversion.noteOrNull();
        return new FileReading.Verdict.Fit(
                asRead -> new StepOutcome.Advanced(job.withPrepared(made, asRead), JobState.CHECKING, detail));
    }

    private static FileReading.Verdict noSpace(Job job, @Nullable String why) {
        return new FileReading.Verdict.NotJudged(
                new Problem(ErrorCode.NO_SPACE, job.file() + " waits for its conversion: " + why, NO_SPACE_PAUSE));
    }

    /** Space on the disk of the drop folder. */
    private record ReservedSpace(DiskSpace.Allocation allocation) implements Space {
        @Override
        public void require(long bytes) throws IOException, NoSpaceException {
            allocation.require(bytes);
            String shortage = allocation.shortage();
            if (shortage != null) {
                throw new NoSpaceException(shortage);
            }
        }

        @Override
        public void written(long bytes) {
            allocation.written(bytes);
        }
    }
}
