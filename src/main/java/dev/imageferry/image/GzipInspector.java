package dev.imageferry.image;

import dev.imageferry.job.ErrorCode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Checks a {@code .img.gz} file before the upload: CRC and length of every gzip member (RFC 1952), no trailing data, both
 * sizes within the limits, and a raw disk image as content. Computes the digests in the same read. Thread-safe.
 */
public final class GzipInspector {
    private static final Set<ErrorCode> DECODING_ERRORS =
            Set.of(ErrorCode.GZIP_TRUNCATED, ErrorCode.GZIP_CORRUPT, ErrorCode.TOO_LARGE_UNCOMPRESSED);

    private final ImageLimits limits;
    private final ContentsRule contents;
    private final boolean freeBlocksDropped;
    private final Decoder decoder;

    /**
     * An inspector with the fastest decoder of this machine.
     *
     * @param freeBlocksDropped {@code imageferry.drop.drop-free-blocks}, for the advice about a file that is too large
     */
    public GzipInspector(ImageLimits limits, ContentsRule contents, boolean freeBlocksDropped) {
        this(limits, contents, freeBlocksDropped, IsalLibrary.installed().isPresent() ? Decoder.ISA_L : Decoder.JDK);
    }

    /** An inspector of a daemon that does not drop free blocks. */
    public GzipInspector(ImageLimits limits, ContentsRule contents) {
        this(limits, contents, false);
    }

    GzipInspector(ImageLimits limits, ContentsRule contents, Decoder decoder) {
        this(limits, contents, false, decoder);
    }

    private GzipInspector(ImageLimits limits, ContentsRule contents, boolean freeBlocksDropped, Decoder decoder) {
        this.limits = limits;
        this.contents = contents;
        this.freeBlocksDropped = freeBlocksDropped;
        this.decoder = decoder;
    }

    /** What decompresses. Both lead to the same results. */
    public enum Decoder {
        /** Intel's ISA-L, if it is installed. */
        ISA_L("isa-l"),
        /** The zlib of the JDK. */
        JDK("jdk");

        private final String wireName;

        Decoder(String wireName) {
            this.wireName = wireName;
        }

        /** The name in JSON. */
        public String wireName() {
            return wireName;
        }

        Inflate inflate() {
            return switch (this) {
                case ISA_L -> new IsalInflate(IsalLibrary.installed().orElseThrow());
                case JDK -> new JdkInflate();
            };
        }
    }

    public Decoder decoder() {
        return decoder;
    }

    /**
     * Reads the file once, in constant memory, and reports the first problem. The content is judged last.
     *
     * @param progress receives the compressed bytes read so far, about once per MiB, on the calling thread
     * @throws IOException if the file cannot be read or its size changes, but not for invalid content; a {@link
     *     java.nio.channels.ClosedByInterruptException} if the thread is interrupted
     */
    public Inspection inspect(Path file, LongConsumer progress) throws IOException {
        return inspect(file, Printable.fileName(file), progress);
    }

    /**
     * As {@link #inspect(Path, LongConsumer)}, for a file that has another name for its user.
     *
     * @param name of the file in messages
     */
    public Inspection inspect(Path file, String name, LongConsumer progress) throws IOException {
        Inspection found = inspect(file, name, progress, decoder);
        // the decoders differ in how they describe invalid data and how far they read it
        return decoder != Decoder.JDK
                        && found instanceof Inspection.Unfit unfit
                        && DECODING_ERRORS.contains(unfit.problem().code())
                ? inspect(file, name, progress, Decoder.JDK)
                : found;
    }

    private Inspection inspect(Path file, String name, LongConsumer progress, Decoder with) throws IOException {
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
                return errors.tooLargeCompressed(CompressedHead.superblock(channel), freeBlocksDropped);
            }
            try (ReadAhead source = ReadAhead.start(channel, name, compressedBytes, progress);
                    Inflate inflate = with.inflate()) {
                InspectionPass pass = new InspectionPass(source, inflate, errors, limits, contents);
                Inspection found = pass.run();
                return found instanceof Inspection.Unfit unfit
                                && UnfinishedCopy.explains(unfit.problem().code(), channel, pass.position())
                        ? unfit.unfinished()
                        : found;
            }
        }
    }
}
