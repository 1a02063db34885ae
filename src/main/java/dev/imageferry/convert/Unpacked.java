package dev.imageferry.convert;

import dev.imageferry.image.Printable;
import dev.imageferry.image.UnfinishedCopy;
import dev.imageferry.job.Reason;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.regex.Pattern;

/** The content of a compressed file. Errors of the decoder become verdicts about the file. */
final class Unpacked implements RawContent {
    /** What the decoders say where the file ends too early and they do not throw an {@link EOFException}. */
    private static final Pattern ENDS_EARLY = Pattern.compile("(?i)truncated|unexpected end|end of stream");

    private static final Pattern NEEDS_MEMORY = Pattern.compile("(?i)too much memory|of memory would be needed");

    private final Compression compression;
    private final SourceFile source;
    private final InputStream decoder;
    private byte[] head = new byte[0];
    private int headTaken;

    private Unpacked(Compression compression, SourceFile source, InputStream decoder) {
        this.compression = compression;
        this.source = source;
        this.decoder = decoder;
    }

    static Unpacked open(Compression compression, SourceFile source) throws IOException, UnfitSourceException {
        try {
            return new Unpacked(compression, source, compression.open(source));
        } catch (IOException | RuntimeException e) {
            throw verdict(compression, source, e);
        } catch (LinkageError e) {
            throw UnfitSourceException.failed(
                    "the library for %s cannot be loaded from %s (%s): start the daemon with -Djava.io.tmpdir=FOLDER, a folder where programs may be run, or unpack the file with %s"
                            .formatted(
                                    compression.shown(),
                                    System.getProperty("java.io.tmpdir"),
                                    e.getMessage(),
                                    compression.command()));
        }
    }

    /** The first bytes of the content, which are read again afterwards; fewer if it has no more. Call it once, before reading. */
    byte[] peek(int count) throws IOException, UnfitSourceException {
        byte[] first = new byte[count];
        int filled = 0;
        int last = 0;
        while (filled < count && last >= 0) {
            last = read(first, filled, count - filled);
            filled += Math.max(0, last);
        }
        head = Arrays.copyOf(first, filled);
        return head;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException, UnfitSourceException {
        if (headTaken < head.length) {
            int count = Math.min(length, head.length - headTaken);
            System.arraycopy(head, headTaken, into, from, count);
            headTaken += count;
            return count;
        }
        try {
            return decoder.read(into, from, length);
        } catch (IOException | RuntimeException e) {
            throw verdict(compression, source, e);
        }
    }

    /** What an exception of the decoder says about the file. An exception of the file itself is thrown as it is. */
    private static UnfitSourceException verdict(Compression compression, SourceFile source, Exception thrown)
            throws IOException {
        if (thrown instanceof IOException failure && source.hasFailed()) {
            throw failure;
        }
        String shown = compression.shown();
        String said = thrown instanceof IOException failure ? Reason.of(failure) : "invalid data";
        if (NEEDS_MEMORY.matcher(said).find()) {
            return UnfitSourceException.failed(
                    "unpacking it needs more than %s of memory, which is the limit: compress it again, without --long and with -9 or less"
                            .formatted(Compression.memoryLimit()));
        }
        if (thrown instanceof EOFException || ENDS_EARLY.matcher(said).find()) {
            return UnfitSourceException.truncated(
                    "the file ends at byte %s, inside the %s data".formatted(Printable.count(source.bytes()), shown));
        }
        return UnfitSourceException.damaged(
                "the %s data is damaged before byte %s (%s)"
                        .formatted(shown, Printable.count(source.position()), Printable.clean(said)),
                UnfinishedCopy.isZeroFrom(source.channel(), source.position()));
    }
}
