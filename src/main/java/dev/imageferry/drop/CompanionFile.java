package dev.imageferry.drop;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import dev.imageferry.job.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.Optional;

/** Reads small files that say something about images: sidecars, folder files and checksums. */
final class CompanionFile {
    /** Largest sidecar or folder file. */
    static final int MAX_METADATA_BYTES = 64 * 1024;

    /** Largest file with checksums, enough for thousands of images. */
    static final int MAX_CHECKSUMS_BYTES = 1 << 20;

    private CompanionFile() {}

    /** The largest size of a file of this name, bytes. */
    static int limit(String file) {
        return Names.METADATA_SUFFIXES.stream().anyMatch(file::endsWith) ? MAX_METADATA_BYTES : MAX_CHECKSUMS_BYTES;
    }

    /** The file cannot be used. */
    static final class UnusableException extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient Problem problem;

        UnusableException(ErrorCode code, String message) {
            super(message);
            this.problem = new Problem(code, message);
        }

        /**
         * {@code bad-metadata} if the user must fix it; {@code unreadable} if the file could not be read; {@code instance-lost} if the
         * thread was interrupted, whose status stays set.
         */
        Problem problem() {
            return problem;
        }
    }

    /**
     * Reads the whole file.
     *
     * @param file relative to the drop folder
     * @return empty if there is no such file
     */
    static Optional<byte[]> read(DropFolder folder, String file) throws UnusableException {
        if (Names.lastPart(file).getBytes(StandardCharsets.UTF_8).length > Names.MAX_NAME_BYTES) {
            return Optional.empty(); // such a name cannot exist, and testing for it is an error
        }
        try {
            return Optional.of(bytes(folder, file, limit(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (NotRegularFileException e) {
            throw new UnusableException(
                    ErrorCode.BAD_METADATA, file + " is " + Reason.of(e) + ": replace it by a regular file");
        } catch (ClosedByInterruptException e) {
            throw new UnusableException(
                    ErrorCode.INSTANCE_LOST, "reading " + file + " was interrupted: it will be read again later");
        } catch (IOException e) {
            throw new UnusableException(
                    ErrorCode.UNREADABLE,
                    "cannot read " + file + " (" + Reason.of(e) + "): give the daemon read access to it");
        }
    }

    private static byte[] bytes(DropFolder folder, String file, int maxBytes) throws IOException, UnusableException {
        try (SeekableByteChannel channel = folder.openRegular(file)) {
            // one byte more than allowed, to notice a file that grows while it is read
            ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(channel.size(), maxBytes) + 1);
            while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                // read to the end or the limit
            }
            if (buffer.position() > maxBytes) {
                throw new UnusableException(
                        ErrorCode.BAD_METADATA,
                        file + " has " + Math.max(channel.size(), maxBytes + 1) + " bytes: shorten it to at most "
                                + maxBytes);
            }
            buffer.flip();
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            return bytes;
        }
    }
}
