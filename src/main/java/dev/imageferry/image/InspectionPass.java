package dev.imageferry.image;

import dev.imageferry.job.CheckedImage;
import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** One read through one file, member by member, so that it is known where in a member an error lies. */
final class InspectionPass {
    private static final int CHUNK_BYTES = 128 * 1024;

    private final ReadAheadInput source;
    private final MemberInput input;
    private final Verdicts verdicts;
    private final ImageLimits limits;
    private final ContentsRule rule;
    private final DiskProbe probe = new DiskProbe();
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private long uncompressedBytes;

    InspectionPass(ReadAheadInput source, Verdicts verdicts, ImageLimits limits, ContentsRule rule) {
        this.source = source;
        this.input = new MemberInput(source);
        this.verdicts = verdicts;
        this.limits = limits;
        this.rule = rule;
    }

    Inspection run() throws IOException {
        MemberInput.Next next = input.next();
        if (next != MemberInput.Next.MEMBER) {
            return verdicts.notGzip(whatItIsInstead());
        }
        while (next == MemberInput.Next.MEMBER) {
            Optional<Inspection.Unfit> unfit = inflateMember();
            if (unfit.isPresent()) {
                return unfit.get();
            }
            next = input.next();
        }
        return switch (next) {
            case END, MEMBER -> judge();
            case HALF_A_MAGIC -> verdicts.truncated(input.position(), uncompressedBytes);
            case OTHER -> {
                long offset = input.position();
                yield verdicts.trailingData(offset, isZeroToEnd(), uncompressedBytes);
            }
        };
    }

    /** How far the file was read. What made it unfit lies before. */
    long position() {
        return input.position();
    }

    private Optional<Inspection.Unfit> inflateMember() throws IOException {
        long memberStart = input.position();
        try {
            input.readHeader();
            return inflateData();
        } catch (IOException e) {
            if (source.hasFailed()) {
                throw e;
            }
            if (e instanceof EOFException) {
                return Optional.of(verdicts.truncated(memberStart, uncompressedBytes));
            }
            return Optional.of(verdicts.corrupt(memberStart, input.position(), reason(e), uncompressedBytes));
        }
    }

    private Optional<Inspection.Unfit> inflateData() throws IOException {
        try (GzipCompressorInputStream member =
                GzipCompressorInputStream.builder().setInputStream(input).get()) {
            for (int count = member.read(chunk); count >= 0; count = member.read(chunk)) {
                uncompressedBytes += count;
                if (uncompressedBytes > limits.uncompressedBytes()) {
                    return Optional.of(verdicts.tooLargeUncompressed(uncompressedBytes, probe.declaredBytes()));
                }
                probe.accept(chunk, count);
            }
            return Optional.empty();
        }
    }

    private static String reason(IOException e) {
        // The decoder wraps what zlib says, which is the more telling half.
        Throwable teller = e.getCause() == null ? e : e.getCause();
        String message = teller.getMessage();
        return message == null ? "no reason given" : message.replaceFirst("\\.$", "");
    }

    /** Looked for in the beginning of the file. */
    private Optional<ForeignFormat> whatItIsInstead() throws IOException {
        int left = DiskProbe.HEAD_BYTES;
        for (int count = input.read(chunk); count > 0 && left > 0; count = input.read(chunk)) {
            probe.accept(chunk, Math.min(count, left));
            left -= count;
        }
        return probe.finish().foreign();
    }

    private boolean isZeroToEnd() throws IOException {
        for (int count = input.read(chunk); count >= 0; count = input.read(chunk)) {
            if (!DiskProbe.isZero(chunk, count)) {
                return false;
            }
        }
        return true;
    }

    private Inspection judge() {
        FileSums sums = source.sums();
        String sha256 = sums.sha256();
        if (uncompressedBytes == 0) {
            return verdicts.nothingInside(sha256);
        }
        DiskProbe.Findings findings = probe.finish();
        Optional<ForeignFormat> foreign = findings.foreign();
        if (foreign.isPresent() && rule == ContentsRule.STRICT) {
            return verdicts.notRawImage(foreign.get(), uncompressedBytes, sha256, findings.contents());
        }
        return new Inspection.Fit(new CheckedImage(
                verdicts.compressedBytes(), uncompressedBytes, sha256, sums.md5(), sums.crc32c(), findings.contents()));
    }
}
