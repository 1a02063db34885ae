package dev.imageferry.convert;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds installed programs. */
final class Programs {
    private Programs() {}

    /**
     * Looks in the PATH and where administration programs are.
     *
     * @param name of the program, or its absolute path
     */
    static Optional<Path> find(String name) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.concat(
                        Arrays.stream(path.split(File.pathSeparator, -1)), Stream.of("/usr/bin", "/usr/sbin", "/sbin"))
                .filter(folder -> folder.startsWith("/"))
                .map(folder -> Path.of(folder).resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
