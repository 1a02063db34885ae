package dev.imageferry.database;

import dev.imageferry.file.Durable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jboss.logging.Logger;

/**
 * The unpacked programs of PostgreSQL. A marker beside them lists all files with size and modification time. It is written when
 * they are on the disk, so that programs that fit their marker are complete and unchanged.
 *
 * <p>Zonky's {@code EmbeddedPostgres} is made for tests and not used: it detects a failed start only after the whole start
 * timeout, uses {@code /tmp/embedded-pg} and deletes what it finds there, gives up stopping after five seconds, and runs
 * {@code initdb -A trust} and {@code -F}.
 *
 * @param home the directory with {@code bin}, {@code lib} and {@code share}
 */
record PostgresBinaries(Path home) {
    private static final Logger LOG = Logger.getLogger(PostgresBinaries.class);
    private static final String PREFIX = "postgresql-";
    private static final String MARKER = "unpacked";

    /**
     * Unpacks the programs into a private directory, unless they are there already and fit their marker. They are unpacked under
     * another name and renamed. The caller must hold the lock of the database directory.
     */
    static PostgresBinaries unpackInto(Path workDirectory) throws IOException, DatabaseStartException {
        PostgresArchive archive = PostgresArchive.ofThisPlatform();
        PostgresBinaries binaries = new PostgresBinaries(workDirectory.resolve(PREFIX + archive.name()));
        if (!binaries.fitMarker()) {
            Path draft = workDirectory.resolve("unpacking");
            PrivateFiles.deleteTree(draft);
            PrivateFiles.createDirectory(draft);
            archive.unpack(draft);
            Durable.syncTree(draft);
            Durable.write(draft.resolve(MARKER), contents(draft), PrivateFiles.fileAttributes());
            // a running server of a killed daemon has its files open
            PrivateFiles.deleteTree(binaries.home);
            Files.move(draft, binaries.home, StandardCopyOption.ATOMIC_MOVE);
            Durable.sync(workDirectory);
        }
        return binaries;
    }

    /** Deletes the programs of other versions. Call it only if no server uses them. */
    void deleteOthers() throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(home.resolveSibling("."), PREFIX + "*")) {
            for (Path each : all) {
                if (!each.getFileName().equals(home.getFileName())) {
                    PrivateFiles.deleteTree(each);
                }
            }
        }
    }

    Path program(String name) {
        return home.resolve("bin").resolve(name);
    }

    private boolean fitMarker() throws IOException {
        if (!Files.exists(home, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        Path marker = home.resolve(MARKER);
        boolean fit = Files.isDirectory(home, LinkOption.NOFOLLOW_LINKS)
                && Files.isRegularFile(marker, LinkOption.NOFOLLOW_LINKS)
                && Files.readString(marker).equals(contents(home));
        if (!fit) {
            LOG.warnf("The programs of PostgreSQL in %s are incomplete or changed, unpacking them again", home);
        }
        return fit;
    }

    /** One line per file except the marker: path, modification time, and size in bytes or target of the link. */
    private static String contents(Path directory) throws IOException {
        SortedMap<String, String> files = new TreeMap<>();
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                // links have the time at which they were copied
                files.put(
                        directory.relativize(file).toString(),
                        attributes.isSymbolicLink()
                                ? "-> " + Files.readSymbolicLink(file)
                                : attributes.lastModifiedTime() + " " + attributes.size());
                return FileVisitResult.CONTINUE;
            }
        });
        files.remove(MARKER);
        StringBuilder lines = new StringBuilder();
        files.forEach((file, description) ->
                lines.append(file).append(' ').append(description).append('\n'));
        return lines.toString();
    }
}
