package dev.imageferry.convert;

import dev.imageferry.image.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Pattern;

/** Recognises that a write failed because the disk is full. */
final class DiskFull {
    /** What Linux says for ENOSPC and EDQUOT in the locale C. */
    private static final Pattern MESSAGE = Pattern.compile("No space left on device|Disk quota exceeded");

    /** Less than this is as good as nothing. */
    private static final long LEAST_BYTES = 1 << 20;

    private DiskFull() {}

    /** @param bytes that could not be written */
    static boolean explains(Path file, long bytes, IOException failure) throws IOException {
        // the message is in the language of the system
        return isSaidBy(String.valueOf(failure.getMessage())) || free(file) < bytes + LEAST_BYTES;
    }

    static boolean isSaidBy(String message) {
        return MESSAGE.matcher(message).find();
    }

    static NoSpaceException exception(Path file) throws IOException {
        return new NoSpaceException("the disk of the drop folder is full (%s bytes are free): free some space there"
                .formatted(Printable.count(free(file))));
    }

    private static long free(Path file) throws IOException {
        return Files.getFileStore(Objects.requireNonNull(file.toAbsolutePath().getParent()))
                .getUsableSpace();
    }
}
