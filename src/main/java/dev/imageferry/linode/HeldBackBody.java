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
import okio.BufferedSink;

/**
 * The file as the body of a PUT. The final bytes are held back until the CRC32C of the whole file equals that of the check,
 * the file is unchanged and the guard agrees. Otherwise the connection is closed, and S3 stores nothing of an incomplete PUT.
 */
final class HeldBackBody extends RequestBody {
    static final int HELD_BACK_BYTES = 64 * 1024;

    /** Part of the signature; any other type is refused. */
    private static final MediaType TYPE = MediaType.get("application/octet-stream");

    /** Read and written at a time, if the bandwidth is not limited. */
    static final int BLOCK_BYTES = 128 * 1024;

    private static final long CHECK_FILE_EVERY_BYTES = 64L * 1024 * 1024;

    private final Path file;
    private final CheckedImage checked;
    private final FileFingerprint fingerprint;
    private final PutGuard guard;
    private final Bandwidth bandwidth;
    private final PutProgress progress;
    private final EarlyAnswer earlyAnswer;
    private final PutAbort abort;
    private final PutLine line;
    private long sent;

    HeldBackBody(
            Path file,
            CheckedImage checked,
            FileFingerprint fingerprint,
            PutGuard guard,
            Bandwidth bandwidth,
            PutProgress progress,
            EarlyAnswer earlyAnswer,
            PutAbort abort,
            PutLine line) {
        this.file = file;
        this.checked = checked;
        this.fingerprint = fingerprint;
        this.guard = guard;
        this.bandwidth = bandwidth;
        this.progress = progress;
        this.earlyAnswer = earlyAnswer;
        this.abort = abort;
        this.line = line;
    }

    @Override
    public MediaType contentType() {
        return TYPE;
    }

    /** The length for OkHttp, which writes nothing of this body. See {@link PutLine}. */
    @Override
    public long contentLength() {
        return 0;
    }

    @Override
    public boolean isOneShot() {
        return true;
    }

    /** Flushes the head of the request and writes the file directly to the connection. */
    @Override
    public void writeTo(BufferedSink head) throws IOException {
        boolean complete = false;
        try {
            head.flush();
            writeFile();
            complete = true;
        } catch (PutAbort.Aborted e) {
            throw e;
        } catch (IOException e) {
            earlyAnswer.abortIfAnsweredBefore(e, progress.sent());
            throw e;
        } finally {
            if (!complete) {
                line.cut();
            }
        }
    }

    private void writeFile() throws IOException {
        progress.enter(PutProgress.Phase.LOCAL);
        try (FileChannel channel = open()) {
            CRC32C crc = new CRC32C();
            ByteBuffer block = line.newBlock(BLOCK_BYTES);
            long end = checked.compressedBytes();
            long free = end - Math.min(end, HELD_BACK_BYTES);
            long nextCheck = CHECK_FILE_EVERY_BYTES;
            while (sent < free) {
                readFully(channel, block, (int) Math.min(BLOCK_BYTES, free - sent), crc);
                write(block);
                earlyAnswer.abortIfAnswered();
                if (sent >= nextCheck) {
                    nextCheck += CHECK_FILE_EVERY_BYTES;
                    requireSameFile();
                }
            }
            readFully(channel, block, (int) (end - free), crc);
            requireSameFile();
            requireAllWasRead(channel, crc);
            earlyAnswer.abortIfAnswered();
            requireGuard();
            progress.releaseFinalBytes();
            write(block);
            progress.enter(PutProgress.Phase.ANSWERING);
        }
    }

    /** The problem if the file at the path is not the checked one any more; empty if it is. */
    Optional<PutResult> change() {
        try {
            FileFingerprint now = FileFingerprint.of(file);
            return now.equalsButForChangeTime(fingerprint)
                    ? Optional.empty()
                    : Optional.of(changed(ErrorCode.FILE_CHANGED, "was changed or replaced during the upload"));
        } catch (NoSuchFileException e) {
            return Optional.of(changed(ErrorCode.FILE_REMOVED, "was removed during the upload"));
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
            throw abort.because(change().orElseGet(() -> unreadable(e)));
        }
    }

    private void readFully(FileChannel channel, ByteBuffer block, int bytes, CRC32C crc) throws IOException {
        block.clear().limit(bytes);
        while (block.hasRemaining()) {
            if (read(channel, block) < 0) {
                throw abort.because(change().orElseGet(() -> changed(
                        ErrorCode.UNREADABLE,
                        "ends before byte " + checked.compressedBytes() + ", although its size is unchanged")));
            }
        }
        block.flip();
        crc.update(block.duplicate());
    }

    private int read(FileChannel channel, ByteBuffer into) throws IOException {
        try {
            return channel.read(into);
        } catch (ClosedByInterruptException e) {
            throw e; // the PUT was cancelled; nothing is wrong with the file
        } catch (IOException e) {
            throw abort.because(unreadable(e));
        }
    }

    /** Only {@link #send} counts as sending, so that waiting for bandwidth does not count as a stall. */
    private void write(ByteBuffer block) throws IOException {
        int end = block.limit();
        bandwidth.spend(block.remaining(), bytes -> {
            send(block.limit(block.position() + bytes));
            block.limit(end);
        });
    }

    private void send(ByteBuffer piece) throws IOException {
        long before = sent;
        int length = piece.remaining();
        progress.enter(PutProgress.Phase.SENDING);
        line.write(piece, (bytes, of) -> accepted(before + (long) length * bytes / of));
        accepted(before + length);
        progress.enter(PutProgress.Phase.LOCAL);
    }

    private void accepted(long total) {
        progress.enter(PutProgress.Phase.SENDING);
        if (total > sent) {
            sent = total;
            progress.sent(total);
        }
    }

    private void requireSameFile() throws IOException {
        Optional<PutResult> change = change();
        if (change.isPresent()) {
            throw abort.because(change.get());
        }
    }

    private void requireAllWasRead(FileChannel channel, CRC32C crc) throws IOException {
        if (read(channel, ByteBuffer.allocate(1)) >= 0) {
            throw abort.because(changed(
                    ErrorCode.FILE_CHANGED,
                    "is longer than the " + checked.compressedBytes() + " bytes that were checked"));
        }
        if ((int) crc.getValue() != checked.crc32c()) {
            if (hasOtherChangeTime()) {
                throw abort.because(changed(
                        ErrorCode.FILE_CHANGED,
                        "was changed in place after its check, although its size and modification time are unchanged"));
            }
            throw abort.because(new PutResult.Corrupted(new Problem(
                    ErrorCode.UPLOAD_CORRUPTED,
                    "%s: the bytes read for the upload have the CRC32C %08x instead of %08x, as in the check: the disk or"
                                    .formatted(file.getFileName(), (int) crc.getValue(), checked.crc32c())
                            + " the memory may be faulty; nothing was stored")));
        }
    }

    private boolean hasOtherChangeTime() throws IOException {
        try {
            return FileFingerprint.of(file).changedNanos() != fingerprint.changedNanos();
        } catch (IOException e) {
            throw abort.because(unreadable(e));
        }
    }

    private void requireGuard() throws IOException {
        if (!guard.mayFinish()) {
            throw abort.because(new PutResult.LostLease());
        }
        if (abort.resultOrNull() != null) {
            throw new PutAbort.Aborted(); // cancelled during the call to the guard
        }
    }

    private PutResult changed(ErrorCode code, String what) {
        return new PutResult.FileChanged(new Problem(code, file.getFileName() + " " + what + "; nothing was stored"));
    }

    private PutResult unreadable(IOException e) {
        return new PutResult.FileChanged(new Problem(
                ErrorCode.UNREADABLE,
                "cannot read " + file.getFileName() + " (" + Reason.of(e) + "): check its permissions and the disk"));
    }
}
