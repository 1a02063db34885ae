package dev.imageferry.image;

import dev.imageferry.job.CheckedImage;
import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** One read of one file. Reads member by member, so that errors name the member in which they are. */
final class InspectionPass {
    private static final int CHUNK_BYTES = 128 * 1024;

    private final ReadAheadInput source;
    private final MemberInput input;
    private final InspectionErrors errors;
    private final ImageLimits limits;
    private final ContentsRule rule;
    private final DiskProbe probe = new DiskProbe();
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private long uncompressedBytes;

    InspectionPass(ReadAheadInput source, InspectionErrors errors, ImageLimits limits, ContentsRule rule) {
        this.source = source;
        this.input = new MemberInput(source);
        this.errors = errors;
        this.limits = limits;
        this.rule = rule;
    }

    Inspection run() throws IOException {
        MemberInput.Next next = input.next();
        if (next != MemberInput.Next.MEMBER) {
            return errors.notGzip(foreignFormat());
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
            case PARTIAL_MAGIC -> errors.truncated(input.position(), uncompressedBytes);
            case OTHER -> {
                long offset = input.position();
                yield errors.trailingData(offset, isZeroToEnd(), uncompressedBytes);
            }
        };
    }

    /** How far the file was read. Any problem is before this position. */
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
                return Optional.of(errors.truncated(memberStart, uncompressedBytes));
            }
            return Optional.of(errors.corrupt(memberStart, input.position(), reason(e), uncompressedBytes));
        }
    }

    private Optional<Inspection.Unfit> inflateData() throws IOException {
        try (GzipCompressorInputStream member =
                GzipCompressorInputStream.builder().setInputStream(input).get()) {
            for (int count = member.read(chunk); count >= 0; count = member.read(chunk)) {
                uncompressedBytes += count;
                if (uncompressedBytes > limits.uncompressedBytes()) {
                    return Optional.of(errors.tooLargeUncompressed(uncompressedBytes, probe.declaredBytes()));
                }
                probe.accept(chunk, count);
            }
            return Optional.empty();
        }
    }

    private static String reason(IOException e) {
        // The decoder wraps the exception of zlib, whose message is more specific.
        Throwable specific = e.getCause() == null ? e : e.getCause();
        String message = specific.getMessage();
        return message == null ? "no reason given" : message.replaceFirst("\\.$", "");
    }

    /** The format of a file that is not gzip, by its first bytes. */
    private Optional<ForeignFormat> foreignFormat() throws IOException {
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
        FileDigests digests = source.digests();
        String sha256 = digests.sha256();
        if (uncompressedBytes == 0) {
            return errors.nothingInside(sha256);
        }
        DiskProbe.Findings findings = probe.finish();
        Optional<ForeignFormat> foreign = findings.foreign();
        if (foreign.isPresent() && rule == ContentsRule.STRICT) {
            return errors.notRawImage(foreign.get(), uncompressedBytes, sha256, findings.contents());
        }
        return new Inspection.Fit(new CheckedImage(
                errors.compressedBytes(),
                uncompressedBytes,
                sha256,
                digests.md5(),
                digests.crc32c(),
                findings.contents()));
    }
}
