package dev.imageferry.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** New database directories that share the unpacked programs of PostgreSQL, because unpacking is the slowest part of a start. */
final class DatabaseDirectories {
    private final Path root;
    private final Path programs;
    private int made;

    DatabaseDirectories(Path root) throws IOException, DatabaseStartException {
        this.root = root.toRealPath();
        this.programs = this.root.resolve("programs");
        PrivateFiles.createDirectory(programs);
        PostgresBinaries.unpackInto(programs);
    }

    PostgresBinaries binaries() throws IOException, DatabaseStartException {
        return PostgresBinaries.unpackInto(programs);
    }

    Path next() throws IOException {
        Path home = root.resolve("database-" + ++made);
        PrivateFiles.createDirectory(home);
        Path work = home.resolve("work");
        List<Path> all;
        try (Stream<Path> walk = Files.walk(programs)) {
            all = walk.toList();
        }
        for (Path each : all) {
            Path target = work.resolve(programs.relativize(each).toString());
            if (Files.isSymbolicLink(each)) {
                Files.createSymbolicLink(target, Files.readSymbolicLink(each));
            } else if (Files.isDirectory(each)) {
                PrivateFiles.createDirectory(target);
            } else {
                Files.createLink(target, each);
            }
        }
        return home;
    }
}
