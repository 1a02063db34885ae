package dev.imageferry.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Tells one content of a path from the next without reading it. The device number is left out: it changes over a
 * remount, a reboot and between hosts.
 *
 * @param inode the file's inode number
 * @param bytes its size
 * @param modifiedNanos its modification time, nanoseconds since the epoch
 */
public record FileFingerprint(long inode, long bytes, long modifiedNanos) {
    /**
     * Looks at the file; a symbolic link is not followed.
     *
     * @throws java.nio.file.NoSuchFileException when there is none
     */
    public static FileFingerprint of(Path file) throws IOException {
        Map<String, Object> attributes =
                Files.readAttributes(file, "unix:ino,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
        FileTime modified = (FileTime) attribute(attributes, "lastModifiedTime");
        return new FileFingerprint(
                (Long) attribute(attributes, "ino"),
                (Long) attribute(attributes, "size"),
                modified.to(TimeUnit.NANOSECONDS));
    }

    private static Object attribute(Map<String, Object> attributes, String name) {
        return Objects.requireNonNull(attributes.get(name), name);
    }
}
