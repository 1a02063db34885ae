package dev.imageferry.image;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongConsumer;

/**
 * Checks a {@code .img.gz} file before the upload: CRC and length of every gzip member (RFC 1952), no trailing data, both
 * sizes within the limits, and a raw disk image as content. Computes the digests in the same read. Thread-safe.
 */
public final class GzipInspector {
    private final ImageLimits limits;
    private final ContentsRule contents;

    public GzipInspector(ImageLimits limits, ContentsRule contents) {
        this.limits = limits;
        this.contents = contents;
    }

    /**
     * Reads the file once, in constant memory, and reports the first problem. The content is judged last.
     *
     * @param progress receives the compressed bytes read so far, about once per MiB, on the calling thread
     * @throws IOException if the file cannot be read or its size changes, but not for invalid content; a {@link
     *     java.nio.channels.ClosedByInterruptException} if the thread is interrupted
     */
    public Inspection inspect(Path file, LongConsumer progress) throws IOException {
        String name = Printable.fileName(file);
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            // Opening a named pipe would wait for a writer.
            throw new IOException(name + " is not a regular file");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long compressedBytes = channel.size();
            InspectionErrors errors = new InspectionErrors(name, compressedBytes, limits);
            if (compressedBytes == 0) {
                return errors.noBytes().unfinished();
            }
            if (compressedBytes > limits.compressedBytes()) {
                return errors.tooLargeCompressed();
            }
            try (ReadAheadInput source = ReadAheadInput.start(channel, name, compressedBytes, progress)) {
                InspectionPass pass = new InspectionPass(source, errors, limits, contents);
                Inspection found = pass.run();
                return found instanceof Inspection.Unfit unfit
                                && UnfinishedCopy.explains(unfit.problem().code(), channel, pass.position())
                        ? unfit.unfinished()
                        : found;
            }
        }
    }
}
