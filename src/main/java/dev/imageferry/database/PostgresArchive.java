package dev.imageferry.database;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * The archive with the programs of PostgreSQL for this platform: a tar file from an {@code io.zonky.test.postgres} jar. The build
 * compresses the one for Linux on x86-64 again with gzip, because gzip decompresses several times faster than xz.
 *
 * @param name distinguishes the programs of different versions and C libraries; usable as a file name
 */
record PostgresArchive(String name) {
    private static final String GZIPPED = "/postgres/linux-x86_64.tgz";
    private static final Path ALPINE = Path.of("/etc/alpine-release");

    static PostgresArchive ofThisPlatform() throws IOException {
        return new PostgresArchive(version() + (isMusl() ? "-musl" : ""));
    }

    /** Unpacks the archive into an existing directory. Programs are executable only for their owner. */
    void unpack(Path target) throws IOException, DatabaseStartException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(open())) {
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

    private static InputStream open() throws IOException, DatabaseStartException {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac") ? "Darwin" : "Linux";
        String architecture = System.getProperty("os.arch");
        if (system.equals("Linux") && architecture.equals("amd64") && !isMusl()) {
            InputStream gzipped = PostgresArchive.class.getResourceAsStream(GZIPPED);
            return new GZIPInputStream(Objects.requireNonNull(gzipped, GZIPPED), 1 << 16);
        }
        try {
            return new XZCompressorInputStream(
                    new BufferedInputStream(DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system, architecture)));
        } catch (IllegalStateException e) {
            throw new DatabaseStartException(
                    "This build contains no embedded PostgreSQL for %s on %s: set quarkus.datasource.jdbc.url to an external PostgreSQL 14 or newer"
                            .formatted(system, architecture),
                    e);
        }
    }

    /** Zonky's way to find out runs a shell script. */
    private static boolean isMusl() {
        return Files.exists(ALPINE);
    }

    private static String version() throws IOException {
        Properties properties = new Properties();
        try (InputStream resource = PostgresArchive.class.getResourceAsStream("/imageferry-version.properties")) {
            properties.load(resource);
        }
        return Objects.requireNonNull(properties.getProperty("postgresql"), "postgresql");
    }
}
