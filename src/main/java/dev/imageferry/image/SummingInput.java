package dev.imageferry.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * The file, with the sums of all that was read. Remembers its own failure, so that a disk that cannot be read is never
 * taken for a bad gzip. Closing it does nothing: the channel is its opener's.
 */
final class SummingInput extends InputStream {
    private static final long PROGRESS_EVERY_BYTES = 1 << 20;

    private final FileChannel channel;
    private final String fileName;
    private final long expectedBytes;
    private final LongConsumer progress;
    private final MessageDigest sha256 = digest("SHA-256");
    private final MessageDigest md5 = digest("MD5");
    private final CRC32C crc32c = new CRC32C();
    private long bytesRead;
    private long nextProgress = PROGRESS_EVERY_BYTES;
    private boolean failed;

    SummingInput(FileChannel channel, String fileName, long expectedBytes, LongConsumer progress) {
        this.channel = channel;
        this.fileName = fileName;
        this.expectedBytes = expectedBytes;
        this.progress = progress;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        try {
            int count = channel.read(ByteBuffer.wrap(target, offset, length));
            if (count > 0) {
                bytesRead += count;
            }
            requireUnchanged(count < 0);
            if (count > 0) {
                sha256.update(target, offset, count);
                md5.update(target, offset, count);
                crc32c.update(target, offset, count);
                reportProgress();
            }
            return count;
        } catch (IOException e) {
            failed = true;
            throw e;
        }
    }

    private void requireUnchanged(boolean atEnd) throws IOException {
        if (bytesRead > expectedBytes || (atEnd && bytesRead < expectedBytes)) {
            throw new IOException("%s changed while it was read: %s bytes at first, now %s"
                    .formatted(fileName, Printable.count(expectedBytes), Printable.count(channel.size())));
        }
    }

    private void reportProgress() {
        if (bytesRead >= nextProgress || bytesRead == expectedBytes) {
            nextProgress = bytesRead + PROGRESS_EVERY_BYTES;
            progress.accept(bytesRead);
        }
    }

    /** Whether reading has failed, so that what a decoder throws is no word on the content. */
    boolean hasFailed() {
        return failed;
    }

    /** Ends the sum: to be asked for once. */
    String sha256() {
        return HexFormat.of().formatHex(sha256.digest());
    }

    /** Ends the sum: to be asked for once. */
    String md5() {
        return HexFormat.of().formatHex(md5.digest());
    }

    int crc32c() {
        return (int) crc32c.getValue();
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(algorithm + " is part of every Java platform", e);
        }
    }
}
