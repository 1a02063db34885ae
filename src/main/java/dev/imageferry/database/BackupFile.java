package dev.imageferry.database;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.imageferry.database.BackupManifest.TableContent;
import dev.imageferry.file.Durable;
import dev.imageferry.job.Reason;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/** A ZIP file with the rows of all tables. It is verified completely before anything is restored from it. */
final class BackupFile implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();

    private final Path file;
    private final ZipFile zip;
    private final BackupManifest manifest;

    private BackupFile(Path file, ZipFile zip, BackupManifest manifest) {
        this.file = file;
        this.zip = zip;
        this.manifest = manifest;
    }

    /** Fills a backup. */
    @FunctionalInterface
    interface Content<E extends Exception> {
        BackupManifest writeTo(ZipOutputStream zip) throws IOException, E;
    }

    /**
     * Writes a new file that only its owner can read. It has its name only when it is complete and on the disk.
     *
     * @throws BackupException if the file exists
     */
    static <E extends Exception> BackupManifest write(Path file, Content<E> content)
            throws IOException, BackupException, E {
        if (Files.exists(file)) {
            throw new BackupException(file + " exists: choose another name, or delete it first");
        }
        Path draft = file.resolveSibling(file.getFileName() + ".unfinished");
        Files.deleteIfExists(draft);
        try (FileChannel channel = FileChannel.open(
                draft,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PrivateFiles.fileAttributes())) {
            BackupManifest manifest;
            try (ZipOutputStream zip = new ZipOutputStream(unclosed(Channels.newOutputStream(channel)))) {
                manifest = content.writeTo(zip);
                zip.putNextEntry(new ZipEntry(BackupManifest.ENTRY));
                zip.write(JSON.writeValueAsBytes(manifest));
                zip.closeEntry();
            }
            channel.force(true);
            Files.move(draft, file);
            return manifest;
        } finally {
            Files.deleteIfExists(draft);
            Durable.sync(file.toAbsolutePath().resolveSibling("."));
        }
    }

    private static OutputStream unclosed(OutputStream out) {
        return new FilterOutputStream(out) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                out.write(bytes, offset, length);
            }

            @Override
            public void close() throws IOException {
                flush(); // the channel is synced before it is closed
            }
        };
    }

    /**
     * Opens a backup and verifies the checksums of all entries.
     *
     * @throws BackupException if it is not a complete backup, or one of a newer version
     */
    static BackupFile open(Path file) throws BackupException {
        ZipFile zip = null;
        boolean verified = false;
        try {
            zip = new ZipFile(file.toFile());
            BackupManifest manifest = JSON.readValue(verified(zip, file, BackupManifest.ENTRY), BackupManifest.class);
            if (manifest.format() != BackupManifest.FORMAT) {
                throw new BackupException(
                        "%s has the format %d, and this version reads format %d: restore it with the version that wrote it, or a newer one"
                                .formatted(file, manifest.format(), BackupManifest.FORMAT));
            }
            for (TableContent table : manifest.tables()) {
                verify(zip, file, table.entry());
            }
            verified = true;
            return new BackupFile(file, zip, manifest);
        } catch (JsonProcessingException | ZipException e) {
            throw notABackup(file, Reason.of(e), e);
        } catch (IOException e) {
            throw new BackupException("Cannot read %s: %s".formatted(file, Reason.of(e)), e);
        } finally {
            if (zip != null && !verified) {
                closeQuietly(zip);
            }
        }
    }

    private static void closeQuietly(ZipFile zip) {
        try {
            zip.close();
        } catch (IOException e) {
            // the file was only read, and the first failure is reported
        }
    }

    private static byte[] verified(ZipFile zip, Path file, String name) throws IOException, BackupException {
        verify(zip, file, name);
        try (InputStream in = zip.getInputStream(zip.getEntry(name))) {
            return in.readAllBytes();
        }
    }

    /** {@link ZipFile} does not compare checksums. */
    private static void verify(ZipFile zip, Path file, String name) throws IOException, BackupException {
        ZipEntry entry = zip.getEntry(name);
        if (entry == null) {
            throw notABackup(file, name + " is missing in it", null);
        }
        try (CheckedInputStream in = new CheckedInputStream(zip.getInputStream(entry), new CRC32())) {
            in.transferTo(OutputStream.nullOutputStream());
            if (in.getChecksum().getValue() != entry.getCrc()) {
                throw notABackup(file, "the checksum of " + name + " differs", null);
            }
        }
    }

    private static BackupException notABackup(Path file, String reason, @Nullable Exception cause) {
        return new BackupException("%s is damaged or not a backup of Imageferry: %s".formatted(file, reason), cause);
    }

    BackupManifest manifest() {
        return manifest;
    }

    InputStream rows(TableContent table) throws IOException {
        return zip.getInputStream(zip.getEntry(table.entry()));
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
