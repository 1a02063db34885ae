package dev.imageferry.convert;

import dev.imageferry.image.ImageLimits;
import dev.imageferry.job.Problem;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Makes the {@code .img.gz} that Linode wants out of a dropped file: a raw disk, a compressed one, or a disk format. The content
 * decides which it is, not the name. Thread-safe.
 */
public final class Converter {
    private final ImageLimits limits;
    private final GzipWorkers workers;
    private final QemuImg qemu;
    private final Optional<FreeBlocks> freeBlocks;

    /**
     * Creates a converter.
     *
     * @param threads that compress, shared by all conversions
     * @param dropFreeBlocks whether blocks of ext file systems that no file uses are left out
     */
    public Converter(ImageLimits limits, int threads, boolean dropFreeBlocks) {
        this(limits, threads, new QemuImg(), dropFreeBlocks ? Optional.of(new FreeBlocks()) : Optional.empty());
    }

    Converter(ImageLimits limits, int threads, QemuImg qemu) {
        this(limits, threads, qemu, Optional.empty());
    }

    private Converter(ImageLimits limits, int threads, QemuImg qemu, Optional<FreeBlocks> freeBlocks) {
        this.limits = limits;
        this.workers = new GzipWorkers(threads);
        this.qemu = qemu;
        this.freeBlocks = freeBlocks;
    }

    /**
     * Converts one file, in constant memory. The same source always leads to the same target. Afterwards there is either the target,
     * complete and synced, or nothing that begins with its name.
     *
     * @param source is only read
     * @param target a file that does not exist; those in progress have its name with something appended
     * @throws NoSpaceException if the disk of the target is full, or the space refuses
     * @throws IOException if the source cannot be read, or was changed meanwhile, or the target cannot be written
     */
    public Conversion convert(Path source, Path target, Space space, Progress progress)
            throws IOException, InterruptedException {
        try (Workspace files = new Workspace(target);
                ConversionRun run =
                        new ConversionRun(limits, workers, qemu, freeBlocks, source, files, space, progress)) {
            try {
                return run.run();
            } catch (UnfitSourceException e) {
                return new Conversion.Unfit(
                        new Problem(e.code(), run.sourceName() + ": " + e.what()), e.mayBeUnfinished());
            }
        } catch (ClosedByInterruptException e) {
            Thread.interrupted(); // the exception says so
            InterruptedException interrupted = new InterruptedException();
            interrupted.initCause(e);
            throw interrupted;
        }
    }
}
