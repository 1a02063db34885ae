package dev.imageferry.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Pattern;

/** Recognises that a write failed because the disk is full. */
public final class DiskFull {
    /** What Linux says for ENOSPC and EDQUOT in the locale C. */
    private static final Pattern MESSAGE = Pattern.compile("No space left on device|Disk quota exceeded");

    /** Less than this is as good as nothing. */
    public static final long LEAST_BYTES = 1 << 20;

    private DiskFull() {}

    /**
     * Whether the disk of the file is full.
     *
     * @param bytes that could not be written
     */
    public static boolean explains(Path file, long bytes, IOException failure) throws IOException {
        // the message is in the language of the system
        return isSaidBy(String.valueOf(failure.getMessage())) || freeBytes(file) < bytes + LEAST_BYTES;
    }

    public static boolean isSaidBy(String message) {
        return MESSAGE.matcher(message).find();
    }

    /** The free space on the disk of a file, which need not exist. */
    public static long freeBytes(Path file) throws IOException {
        return FreeSpace.in(Objects.requireNonNull(file.toAbsolutePath().getParent()));
    }
}
