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
 * Identifies a file and its content without reading it. Does not include the device number, which changes after a remount or a
 * reboot and differs between hosts.
 *
 * @param inode the file's inode number
 * @param bytes its size
 * @param modifiedNanos its modification time (mtime) in nanoseconds since the epoch; programs can set it to any value
 * @param changedNanos the change time of its inode (ctime) in nanoseconds since the epoch; programs cannot set it, but renaming the
 *     file or changing its owner or permissions changes it too
 */
public record FileFingerprint(long inode, long bytes, long modifiedNanos, long changedNanos) {
    /**
     * Reads the fingerprint of a file. Does not follow symbolic links.
     *
     * @throws java.nio.file.NoSuchFileException if the file does not exist
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
     * Whether the two differ only in the change time. The content is then most likely the same, as after a rename or a chmod. An
     * edit that restored the modification time looks the same.
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
