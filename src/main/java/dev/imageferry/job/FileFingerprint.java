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
 * Identifies one content of a path without reading it. The device number is not part of it: it changes over a remount, a
 * reboot and between hosts.
 *
 * @param inode the file's inode number
 * @param bytes its size
 * @param modifiedNanos its modification time (mtime), nanoseconds since the epoch; programs can set it at will
 * @param changedNanos the inode's change time (ctime), nanoseconds since the epoch; nobody can set it, but renaming the file
 *     or changing its owner or permissions changes it too
 */
public record FileFingerprint(long inode, long bytes, long modifiedNanos, long changedNanos) {
    /**
     * Looks at the file; a symbolic link is not followed.
     *
     * @throws java.nio.file.NoSuchFileException when there is none
     */
    public static FileFingerprint of(Path file) throws IOException {
        Map<String, Object> attributes =
                Files.readAttributes(file, "unix:ino,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
        return new FileFingerprint(
                (Long) attribute(attributes, "ino"),
                (Long) attribute(attributes, "size"),
                nanos(attributes, "lastModifiedTime"),
                nanos(attributes, "ctime"));
    }

    /**
     * Whether both differ in nothing but the change time: the content is most likely the same, as after a rename or a chmod,
     * but an edit that restored the modification time looks the same.
     */
    public boolean equalsButForChangeTime(FileFingerprint other) {
        return inode == other.inode && bytes == other.bytes && modifiedNanos == other.modifiedNanos;
    }

    private static long nanos(Map<String, Object> attributes, String name) {
        return ((FileTime) attribute(attributes, name)).to(TimeUnit.NANOSECONDS);
    }

    private static Object attribute(Map<String, Object> attributes, String name) {
        return Objects.requireNonNull(attributes.get(name), name);
    }
}
