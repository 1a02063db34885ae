package dev.imageferry.whole;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Lists the files of a folder. */
final class FolderTree {
    /** The prefix of the lock files of running instances. */
    static final String INSTANCE_LOCK = ".imageferry-instance-";

    private FolderTree() {}

    /**
     * Returns the relative paths of all regular files below the folder, sorted. Includes hidden files except the lock files of
     * instances. Returns an empty list if the folder does not exist.
     */
    static List<String> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .filter(file -> !file.startsWith(INSTANCE_LOCK))
                    .sorted()
                    .toList();
        }
    }

    /** Returns the files whose path starts with the prefix. */
    static List<String> files(Path folder, String beginning) throws IOException {
        return files(folder).stream().filter(file -> file.startsWith(beginning)).toList();
    }
}
