package dev.imageferry.image;

import dev.imageferry.job.CheckedImage;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;

/** One read of one file. Reads member by member, so that errors name the member in which they are. */
final class InspectionPass {
    private static final int CHUNK_BYTES = 128 * 1024;

    private final ReadAhead source;
    private final MemberInput input;
    private final Inflate inflate;
    private final CRC32 crc = new CRC32();
    private final InspectionErrors errors;
    private final ImageLimits limits;
    private final ContentsRule rule;
    private final DiskProbe probe = new DiskProbe();
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private long uncompressedBytes;

    InspectionPass(ReadAhead source, Inflate inflate, InspectionErrors errors, ImageLimits limits, ContentsRule rule) {
        this.source = source;
        this.inflate = inflate;
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
        } catch (IOException | DataFormatException e) {
            if (source.hasFailed() && e instanceof IOException failure) {
                throw failure;
            }
            if (e instanceof EOFException) {
                return Optional.of(errors.truncated(memberStart, uncompressedBytes));
            }
            String message = e.getMessage();
            return Optional.of(errors.corrupt(
                    memberStart,
                    input.position(),
                    message == null ? "invalid deflate data" : message,
                    uncompressedBytes));
        }
    }

    private Optional<Inspection.Unfit> inflateData() throws IOException, DataFormatException {
        long before = uncompressedBytes;
        crc.reset();
        inflate.begin();
        while (!inflate.hasEnded()) {
            ByteBuffer bytes = input.bytes();
            int count = inflate.inflate(bytes, chunk);
            if (count == 0
                    && !bytes.hasRemaining()
                    && !inflate.hasEnded()
                    && !input.bytes().hasRemaining()) {
                throw new EOFException("the file ends in compressed data");
            }
            uncompressedBytes += count;
            if (uncompressedBytes > limits.uncompressedBytes()) {
                return Optional.of(errors.tooLargeUncompressed(uncompressedBytes, probe.declaredBytes()));
            }
            crc.update(chunk, 0, count);
            probe.accept(chunk, count);
        }
        input.unread(inflate.surplus());
        input.readTrailer(crc, uncompressedBytes - before);
        return Optional.empty();
    }

    /** The format of a file that is not gzip, by its first bytes. */
    private Optional<ForeignFormat> foreignFormat() throws IOException {
        int left = DiskProbe.HEAD_BYTES;
        for (int count = fillChunk(); count > 0 && left > 0; count = fillChunk()) {
            probe.accept(chunk, Math.min(count, left));
            left -= count;
        }
        return probe.finish().foreign();
    }

    private boolean isZeroToEnd() throws IOException {
        for (int count = fillChunk(); count > 0; count = fillChunk()) {
            if (!DiskProbe.isZero(chunk, count)) {
                return false;
            }
        }
        return true;
    }

    /** Copies the bytes that follow as they are; 0 at the end of the file. */
    private int fillChunk() throws IOException {
        ByteBuffer bytes = input.bytes();
        int count = Math.min(bytes.remaining(), chunk.length);
        bytes.get(chunk, 0, count);
        return count;
    }

    private Inspection judge() throws IOException {
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
