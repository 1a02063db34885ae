package dev.imageferry.whole;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What lies in a folder. */
final class FolderTree {
    /** What the names of the files begin with whose locks say which instances are alive. */
    static final String INSTANCE_LOCK = ".imageferry-instance-";

    private FolderTree() {}

    /**
     * The regular files in and below it, hidden ones too but for the locks of instances, relative and sorted; none when there
     * is no such folder.
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

    /** Those of them whose path begins so. */
    static List<String> files(Path folder, String beginning) throws IOException {
        return files(folder).stream().filter(file -> file.startsWith(beginning)).toList();
    }
}
