package dev.imageferry.step;

import dev.imageferry.drop.Checksums;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.PreparedFiles;
import dev.imageferry.image.GzipInspector;
import dev.imageferry.image.Inspection;
import dev.imageferry.image.Printable;
import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.worker.JobListener;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Reads the whole file that will be uploaded once and checks it, before an image is created. */
public final class CheckFile implements Step {
    private final DropFolder folder;
    private final PreparedFiles prepared;
    private final FileReading reading;
    private final GzipInspector inspector;
    private final JobListener listener;

    public CheckFile(
            DropFolder folder,
            PreparedFiles prepared,
            FileReading reading,
            GzipInspector inspector,
            JobListener listener) {
        this.folder = folder;
        this.prepared = prepared;
        this.reading = reading;
        this.inspector = inspector;
        this.listener = listener;
    }

    @Override
    public StepOutcome run(JobRun run) throws InterruptedException {
        return reading.withMetadata(run, (job, expected) -> {
            boolean converted = job.preparedOrNull() != null;
            Path file = converted ? prepared.of(job) : folder.resolve(job.file());
            return reading.read(job, file, job.uploadedFile(), () -> judge(job, file, converted, expected));
        });
    }

    private FileReading.Verdict judge(Job job, Path file, boolean converted, Checksums.Result.Found expected)
            throws IOException {
        long begun = System.nanoTime();
        Inspection inspection =
                inspector.inspect(file, Printable.fileName(folder.resolve(job.file())), bytesRead -> {});
        listener.fileChecked(job, Duration.ofNanos(System.nanoTime() - begun));
        return switch (inspection) {
            case Inspection.Unfit unfit ->
                new FileReading.Verdict.Unfit(unfit.problem(), unfit.mayBeUnfinished() && !converted);
            case Inspection.Fit(CheckedImage checked) -> {
                CheckedImage image = checked.withWarnings(expected.warnings());
                if (converted) { // the conversion has compared the checksums of the dropped file
                    yield new FileReading.Verdict.Fit(
                            unchanged -> new StepOutcome.Advanced(job.withChecked(image), JobState.READY, "checked"));
                }
                Optional<Problem> differs = expected.differs(job.file(), image.sha256());
                yield differs.isPresent()
                        ? new FileReading.Verdict.Unfit(differs.get(), false)
                        : new FileReading.Verdict.Fit(asChecked ->
                                new StepOutcome.Advanced(job.withChecked(image, asChecked), JobState.READY, "checked"));
            }
        };
    }
}
