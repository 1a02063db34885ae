package dev.imageferry.image;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongConsumer;

/**
 * Checks a {@code .img.gz} before a byte of it is uploaded: every gzip member (RFC 1952) to its CRC and length, nothing
 * behind the last one, both sizes within the limits, a raw disk image inside. Takes the sums of the compressed file in the
 * same single read, on another core. May be used by many threads.
 */
public final class GzipInspector {
    private final ImageLimits limits;
    private final ContentsRule contents;

    public GzipInspector(ImageLimits limits, ContentsRule contents) {
        this.limits = limits;
        this.contents = contents;
    }

    /**
     * Reads the file once. Memory does not grow with the file or with what is in it. What is wrong is looked for in the
     * order of reading, and the first find is told; the content is judged last, when all the rest is right.
     *
     * @param progress gets the compressed bytes read so far, about once a MiB, on the calling thread
     * @throws IOException when the file cannot be read or changes its size meanwhile, never for what is in it; a {@link
     *     java.nio.channels.ClosedByInterruptException} when the thread is interrupted
     */
    public Inspection inspect(Path file, LongConsumer progress) throws IOException {
        String name = Printable.fileName(file);
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            // Opening a named pipe would wait for a writer.
            throw new IOException(name + " is not a regular file");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long compressedBytes = channel.size();
            Verdicts verdicts = new Verdicts(name, compressedBytes, limits);
            if (compressedBytes == 0) {
                return verdicts.noBytes().unfinished();
            }
            if (compressedBytes > limits.compressedBytes()) {
                return verdicts.tooLargeCompressed();
            }
            try (ReadAheadInput source = ReadAheadInput.start(channel, name, compressedBytes, progress)) {
                InspectionPass pass = new InspectionPass(source, verdicts, limits, contents);
                Inspection found = pass.run();
                return found instanceof Inspection.Unfit unfit
                                && UnfinishedCopy.explains(unfit.problem().code(), channel, pass.position())
                        ? unfit.unfinished()
                        : found;
            }
        }
    }
}
