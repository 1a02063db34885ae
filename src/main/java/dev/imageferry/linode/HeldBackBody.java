package dev.imageferry.linode;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Problem;
import dev.imageferry.job.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.Buffer;
import okio.BufferedSink;
import okio.ForwardingSink;
import okio.Sink;

/**
 * The file as the body of the one PUT. All but the end is sent as it is read, block by block, so that the memory used
 * does not depend on the file's size. The end goes out only when what was read is what was checked, the file is still
 * the same, and the guard agrees; otherwise the connection is cut, and S3 keeps nothing of a cut PUT.
 */
final class HeldBackBody extends RequestBody {
    static final int HELD_BACK_BYTES = 64 * 1024;

    /** The signature is over this very type; another one is refused. */
    private static final MediaType TYPE = MediaType.get("application/octet-stream");

    private static final int BLOCK_BYTES = 128 * 1024;
    private static final long LOOK_AT_FILE_EVERY_BYTES = 64L * 1024 * 1024;

    /** Handed to the network at once; small, so that a slow line is not taken for a dead one. */
    private static final long PIECE_BYTES = 8 * 1024;

    private final Path file;
    private final CheckedImage checked;
    private final FileFingerprint fingerprint;
    private final PutGuard guard;
    private final Bandwidth bandwidth;
    private final PutProgress progress;
    private final EarlyAnswer earlyAnswer;
    private final Ending ending;

    HeldBackBody(
            Path file,
            CheckedImage checked,
            FileFingerprint fingerprint,
            PutGuard guard,
            Bandwidth bandwidth,
            PutProgress progress,
            EarlyAnswer earlyAnswer,
            Ending ending) {
        this.file = file;
        this.checked = checked;
        this.fingerprint = fingerprint;
        this.guard = guard;
        this.bandwidth = bandwidth;
        this.progress = progress;
        this.earlyAnswer = earlyAnswer;
        this.ending = ending;
    }

    @Override
    public MediaType contentType() {
        return TYPE;
    }

    @Override
    public long contentLength() {
        return checked.compressedBytes();
    }

    @Override
    public boolean isOneShot() {
        return true;
    }

    @Override
    public void writeTo(BufferedSink network) throws IOException {
        progress.enter(PutProgress.Phase.OURS);
        Sink sink = bandwidth.throttled(new WatchedSink(network));
        try (FileChannel channel = open()) {
            CRC32C crc = new CRC32C();
            ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
            long end = checked.compressedBytes();
            long free = end - Math.min(end, HELD_BACK_BYTES);
            long nextLook = LOOK_AT_FILE_EVERY_BYTES;
            for (long sent = 0; sent < free; sent += block.limit()) {
                readFully(channel, block, (int) Math.min(BLOCK_BYTES, free - sent), crc);
                write(sink, block);
                earlyAnswer.cutIfThere();
                if (sent >= nextLook) {
                    nextLook += LOOK_AT_FILE_EVERY_BYTES;
                    requireSameFile();
                }
            }
            readFully(channel, block, (int) (end - free), crc);
            requireSameFile();
            requireAllWasRead(channel, crc);
            earlyAnswer.cutIfThere();
            requireGuard();
            progress.beginEnd();
            write(sink, block);
            progress.enter(PutProgress.Phase.ANSWERING);
        }
    }

    /** Whether the path still shows the file that was checked; empty when it does. */
    Optional<PutResult> change() {
        try {
            FileFingerprint now = FileFingerprint.of(file);
            return now.equalsButForChangeTime(fingerprint)
                    ? Optional.empty()
                    : Optional.of(changed(ErrorCode.FILE_CHANGED, "was changed or replaced while it was uploaded"));
        } catch (NoSuchFileException e) {
            return Optional.of(changed(ErrorCode.FILE_REMOVED, "was removed while it was uploaded"));
        } catch (IOException e) {
            return Optional.of(unreadable(e));
        }
    }

    private FileChannel open() throws IOException {
        requireSameFile();
        try {
            return FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw ending.cut(change().orElseGet(() -> unreadable(e)));
        }
    }

    private void readFully(FileChannel channel, ByteBuffer block, int bytes, CRC32C crc) throws IOException {
        block.clear().limit(bytes);
        while (block.hasRemaining()) {
            if (read(channel, block) < 0) {
                throw ending.cut(change().orElseGet(() -> changed(
                        ErrorCode.UNREADABLE,
                        "ends before its " + checked.compressedBytes() + " bytes although its size is the same")));
            }
        }
        block.flip();
        crc.update(block.duplicate());
    }

    private int read(FileChannel channel, ByteBuffer into) throws IOException {
        try {
            return channel.read(into);
        } catch (ClosedByInterruptException e) {
            throw e; // the PUT was stopped; the file is well
        } catch (IOException e) {
            throw ending.cut(unreadable(e));
        }
    }

    private void write(Sink sink, ByteBuffer block) throws IOException {
        Buffer buffer = new Buffer();
        buffer.write(block);
        sink.write(buffer, buffer.size());
    }

    private void requireSameFile() throws IOException {
        Optional<PutResult> change = change();
        if (change.isPresent()) {
            throw ending.cut(change.get());
        }
    }

    private void requireAllWasRead(FileChannel channel, CRC32C crc) throws IOException {
        if (read(channel, ByteBuffer.allocate(1)) >= 0) {
            throw ending.cut(changed(
                    ErrorCode.FILE_CHANGED, "is longer than the " + checked.compressedBytes() + " bytes checked"));
        }
        if ((int) crc.getValue() != checked.crc32c()) {
            if (hasOtherChangeTime()) {
                throw ending.cut(changed(
                        ErrorCode.FILE_CHANGED,
                        "was altered in place after its check, although its size and modification time are the same"));
            }
            throw ending.cut(new PutResult.Corrupted(new Problem(
                    ErrorCode.UPLOAD_CORRUPTED,
                    "%s: what was read for the upload has the CRC32C %08x, what was checked had %08x; the disk or the"
                                    .formatted(file.getFileName(), (int) crc.getValue(), checked.crc32c())
                            + " memory may be bad; nothing of it was stored")));
        }
    }

    private boolean hasOtherChangeTime() throws IOException {
        try {
            return FileFingerprint.of(file).changedNanos() != fingerprint.changedNanos();
        } catch (IOException e) {
            throw ending.cut(unreadable(e));
        }
    }

    private void requireGuard() throws IOException {
        if (!guard.mayFinish()) {
            throw ending.cut(new PutResult.LostLease());
        }
        if (ending.orNull() != null) {
            throw new Ending.Cut(); // stopped while the guard was asked
        }
    }

    private PutResult changed(ErrorCode code, String what) {
        return new PutResult.FileChanged(
                new Problem(code, file.getFileName() + " " + what + "; nothing of it was stored"));
    }

    private PutResult unreadable(IOException e) {
        return new PutResult.FileChanged(new Problem(
                ErrorCode.UNREADABLE,
                file.getFileName() + " cannot be read (" + Reason.of(e) + "): look at its permissions and disk"));
    }

    /** Marks whose turn it is: below the throttle, so that waiting for bandwidth is never the network's fault. */
    private final class WatchedSink extends ForwardingSink {
        private final BufferedSink network;
        private long total;

        WatchedSink(BufferedSink network) {
            super(network);
            this.network = network;
        }

        @Override
        public void write(Buffer source, long byteCount) throws IOException {
            for (long left = byteCount; left > 0; ) {
                long piece = Math.min(left, PIECE_BYTES);
                progress.enter(PutProgress.Phase.SENDING);
                network.write(source, piece);
                network.flush();
                progress.enter(PutProgress.Phase.OURS);
                left -= piece;
                total += piece;
                progress.sent(total);
            }
        }
    }
}
