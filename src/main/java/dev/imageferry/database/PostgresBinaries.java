package dev.imageferry.database;

import dev.imageferry.file.Durable;
import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * The programs of PostgreSQL, unpacked from the {@code io.zonky.test.postgres} jar for this platform.
 *
 * <p>Zonky's {@code EmbeddedPostgres} is made for tests and not used: it detects a failed start only after the whole start
 * timeout, uses {@code /tmp/embedded-pg} and deletes what it finds there, gives up stopping after five seconds, and runs
 * {@code initdb -A trust} and {@code -F}.
 *
 * @param home the directory with {@code bin}, {@code lib} and {@code share}
 */
record PostgresBinaries(Path home) {
    private static final String PREFIX = "postgresql-";

    /**
     * Unpacks the programs into a private directory, unless they are there already. They are unpacked under another name and
     * renamed, so that a directory with the final name is complete.
     */
    static PostgresBinaries unpackInto(Path workDirectory) throws IOException, DatabaseStartException {
        byte[] archive = archive();
        Path home = workDirectory.resolve(PREFIX + sha256(archive).substring(0, 16));
        if (!Files.isDirectory(home)) {
            Path draft = workDirectory.resolve("unpacking");
            PrivateFiles.deleteTree(draft);
            PrivateFiles.createDirectory(draft);
            unpack(archive, draft);
            forceTree(draft);
            Files.move(draft, home, StandardCopyOption.ATOMIC_MOVE);
        }
        return new PostgresBinaries(home);
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

    private static byte[] archive() throws IOException, DatabaseStartException {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac") ? "Darwin" : "Linux";
        String architecture = System.getProperty("os.arch");
        try (InputStream archive = DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system, architecture)) {
            return archive.readAllBytes();
        } catch (IllegalStateException e) {
            throw new DatabaseStartException(
                    "This build contains no embedded PostgreSQL for %s on %s: set quarkus.datasource.jdbc.url to an external PostgreSQL 14 or newer"
                            .formatted(system, architecture),
                    e);
        }
    }

    private static void unpack(byte[] archive, Path target) throws IOException {
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZCompressorInputStream(new ByteArrayInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("the archive of PostgreSQL has an invalid path: " + entry.getName());
                }
                // static libraries are not needed and a third of the size
                if (entry.isDirectory() || path.toString().endsWith(".a")) {
                    continue;
                }
                Files.createDirectories(path.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, path);
                    if ((entry.getMode() & 0100) != 0) {
                        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
                    }
                }
            }
        }
    }

    /** Syncs all files, so that a power failure after the rename does not leave incomplete programs. */
    private static void forceTree(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) all.filter(path -> !Files.isSymbolicLink(path))::iterator) {
                Durable.sync(path);
            }
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
