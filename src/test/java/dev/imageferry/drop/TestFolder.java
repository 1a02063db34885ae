package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.job.FileFingerprint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A real drop folder for tests. */
final class TestFolder {
    /** Old, with a fraction of a second, as set by {@code rsync -a}. */
    static final Instant LONG_AGO = Instant.parse("2019-03-04T05:06:07.123456789Z");

    private TestFolder() {}

    static DropFolder open(Path directory) {
        assertThat(DropFolder.open(directory, null)).isInstanceOf(Opening.Opened.class);
        return ((Opening.Opened) DropFolder.open(directory, null)).folder();
    }

    static FileFingerprint write(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        Files.setLastModifiedTime(file, FileTime.from(LONG_AGO));
        return FileFingerprint.of(file);
    }

    /** All files with their content and links with their target, without the identity. */
    static Map<String, String> tree(Path root) throws IOException {
        Map<String, String> tree = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.toList()) {
                String name = root.relativize(path).toString();
                if (Files.isSymbolicLink(path)) {
                    tree.put(name, "-> " + Files.readSymbolicLink(path));
                } else if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) && !name.equals(DropFolder.IDENTITY)) {
                    tree.put(name, Files.readString(path));
                }
            }
        }
        return tree;
    }

    /** Runs a shell script in the folder, for files that Java cannot create. */
    static void bash(Path folder, String script) throws IOException, InterruptedException {
        RealTools.require("bash");
        Process process = new ProcessBuilder("bash", "-ec", script)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
