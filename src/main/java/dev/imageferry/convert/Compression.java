package dev.imageferry.convert;

import com.github.luben.zstd.Zstd;
import dev.imageferry.image.ImageLimits;
import dev.imageferry.image.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;
import org.tukaani.xz.SeekableXZInputStream;

/** A compression of whole files, recognised by content. Several streams in one file follow each other. */
enum Compression {
    GZIP("gzip", "gunzip"),
    XZ("xz", "xz -d"),
    ZSTD("zstd", "zstd -d"),
    BZIP2("bzip2", "bzip2 -d");

    /** Enough for {@code xz -9} (65 MiB) and for zstd without {@code --long} above 27 (128 MiB, its own default limit). */
    private static final long MAX_MEMORY_BYTES = 128L << 20;

    /** The memory of an xz decoder is on the heap, of which a conversion takes at most a quarter. */
    private static final int XZ_MEMORY_KIB =
            (int) (Math.min(MAX_MEMORY_BYTES, Runtime.getRuntime().maxMemory() / 4) / 1024);

    /** RFC 8878, 3.1.1.1: the header of a frame has at most 18 bytes with its magic. */
    private static final int ZSTD_HEADER_BYTES = 18;

    private final String shown;
    private final String command;

    Compression(String shown, String command) {
        this.shown = shown;
        this.command = command;
    }

    String shown() {
        return shown;
    }

    /** The command that unpacks such a file. */
    String command() {
        return command;
    }

    /** A stream of the unpacked content. Closing it closes the source. */
    InputStream open(SourceFile source) throws IOException {
        return switch (this) {
            case GZIP ->
                GzipCompressorInputStream.builder()
                        .setInputStream(source)
                        .setDecompressConcatenated(true)
                        .get();
            case XZ ->
                XZCompressorInputStream.builder()
                        .setInputStream(source)
                        .setDecompressConcatenated(true)
                        .setMemoryLimitKiB(XZ_MEMORY_KIB)
                        .get();
            case ZSTD -> new ZstdCompressorInputStream(source);
            case BZIP2 -> new BZip2CompressorInputStream(source, true);
        };
    }

    /** What the decoder needs at most, for messages. */
    static String memoryLimit() {
        return Printable.count(XZ_MEMORY_KIB / 1024) + " MiB";
    }

    /**
     * Compares the size that the file announces with the limit, before anything is unpacked. An xz file has an index at its end, and
     * a zstd frame can have its size in the header.
     */
    void requireAnnouncedSizeWithin(ImageLimits limits, SourceFile source) throws IOException, UnfitSourceException {
        OptionalLong announced = switch (this) {
            case XZ -> xzSize(source);
            case ZSTD -> zstdSize(source);
            case GZIP, BZIP2 -> OptionalLong.empty();
        };
        if (announced.isPresent() && announced.getAsLong() > limits.uncompressedBytes()) {
            throw UnfitSourceException.tooLarge(announced.getAsLong(), limits);
        }
    }

    private static OptionalLong zstdSize(SourceFile source) throws IOException {
        long size = Zstd.getFrameContentSize(source.at(0, ZSTD_HEADER_BYTES));
        // -1 and -2 are unknown and invalid; more than Long.MAX_VALUE is negative too, and ends at the limit
        return size > 0 ? OptionalLong.of(size) : OptionalLong.empty();
    }

    private static OptionalLong xzSize(SourceFile source) throws IOException {
        // not closed, because that would close the source
        SeekableSource seekable = new SeekableSource(source);
        try {
            return OptionalLong.of(new SeekableXZInputStream(seekable, XZ_MEMORY_KIB).length());
        } catch (IOException e) {
            if (seekable.hasFailed()) {
                throw e;
            }
            return OptionalLong.empty(); // unpacking finds what is wrong, and says where
        }
    }
}
