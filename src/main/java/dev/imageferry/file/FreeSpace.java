package dev.imageferry.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The space that is left on a disk. */
public final class FreeSpace {
    private FreeSpace() {}

    /**
     * The bytes that this user can still write to the file system of a folder. Asks for the file system of the path, statvfs(3).
     * {@link Files#getFileStore} searches the list of mounts, which need not contain it in a chroot or container.
     *
     * @throws NoSuchFileException if the folder does not exist
     */
    public static long in(Path folder) throws IOException {
        long bytes = folder.toFile().getUsableSpace(); // 0 if it cannot be asked
        if (bytes == 0 && !Files.isDirectory(folder)) {
            throw new NoSuchFileException(folder.toString());
        }
        return bytes;
    }
}
