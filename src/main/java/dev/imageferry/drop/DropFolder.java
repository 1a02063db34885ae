package dev.imageferry.drop;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.imageferry.file.Durable;
import dev.imageferry.file.FreeSpace;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Problem;
import dev.imageferry.job.Reason;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The drop folder and its identity, a UUID in {@code .imageferry-folder} that is created once. If that file is missing
 * although the queue knows the identity, the folder is unmounted and not empty.
 */
public final class DropFolder {
    static final String IDENTITY = ".imageferry-folder";

    private static final int UUID_CHARACTERS = 36;

    private final Path root;
    private final UUID id;

    private DropFolder(Path root, UUID id) {
        this.root = root;
        this.id = id;
    }

    /**
     * Opens the folder. At the first start, creates it if it is missing and gives it an identity.
     *
     * @param directory may be reached through a symbolic link, because the operator chooses it
     * @param knownId the identity that the queue records for this directory: nothing is created then, and a folder without
     *     this identity is closed. Null at the first start.
     */
    public static Opening open(Path directory, @Nullable UUID knownId) {
        try {
            if (knownId == null) {
                Files.createDirectories(directory);
            }
            Path root = directory.toRealPath();
            UUID found = knownId == null ? readOrCreate(root) : read(root);
            if (knownId != null && !knownId.equals(found)) {
                return closed("the drop folder " + directory + " has the id " + found + " in " + IDENTITY
                        + ", but the queue expects " + knownId + ": mount the right folder there");
            }
            return new Opening.Opened(new DropFolder(root, found));
        } catch (NoSuchFileException e) {
            return closed(
                    knownId == null
                            ? missing(directory)
                            : missing(directory) + "; if it was removed for good, create it and write " + knownId
                                    + " into " + directory.resolve(IDENTITY));
        } catch (IOException e) {
            return closed("cannot open the drop folder " + directory + " (" + Reason.of(e)
                    + "): make it a folder that the daemon can read and write");
        }
    }

    /** The identity, which is part of the key of a file in the queue. */
    public UUID id() {
        return id;
    }

    /** The absolute path, without symbolic links. */
    public Path root() {
        return root;
    }

    /**
     * The absolute path of a relative one, without accessing the disk.
     *
     * @throws IllegalArgumentException if the path is absolute, empty, or has {@code .}, {@code ..} or empty parts
     */
    public Path resolve(String relativePath) {
        for (String part : relativePath.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..") || part.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("not a path below the drop folder: " + relativePath);
            }
        }
        // throws InvalidPathException, an IllegalArgumentException, if it cannot be encoded
        return root.resolve(relativePath);
    }

    /** Whether the control file of a download tool is beside the image, which is therefore incomplete. */
    public boolean isBeingDownloaded(String relativePath) throws IOException {
        Path file = resolve(relativePath);
        for (String suffix : Names.DOWNLOAD_CONTROL_SUFFIXES) {
            String control = file.getFileName() + suffix;
            // a longer name cannot exist, and testing for it is an error
            if (control.getBytes(StandardCharsets.UTF_8).length <= Names.MAX_NAME_BYTES
                    && CarefulMove.exists(file.resolveSibling(control))) {
                return true;
            }
        }
        return false;
    }

    /** Whether the folder with this identity is there: false if it is unmounted, removed or replaced. */
    public boolean isPresent() {
        try {
            return read(root).equals(id);
        } catch (IOException e) {
            // for any error: a folder whose identity is unknown must not be used
            return false;
        }
    }

    /** Whether permissions and mount options allow creating and renaming files. */
    public boolean isWritable() {
        return isPresent() && Files.isWritable(root);
    }

    /** Free bytes for this user on the file system of the folder. */
    public long freeBytes() throws IOException {
        return FreeSpace.in(root);
    }

    /** What is at a path. Follows no symbolic link in any part of it. */
    public Sighting look(String relativePath) {
        Path file = resolve(relativePath);
        try {
            if (isRegularWithoutLinks(file)) {
                return new Sighting.Present(FileFingerprint.of(file));
            }
        } catch (NoSuchFileException e) {
            return isPresent() ? new Sighting.Absent() : new Sighting.Unknown(unavailable());
        } catch (IOException e) {
            return new Sighting.Unknown(
                    isPresent()
                            ? new Problem(
                                    ErrorCode.UNREADABLE,
                                    "cannot access " + relativePath + " (" + Reason.of(e)
                                            + "): give the daemon read access to it and the folders above it")
                            : unavailable());
        }
        return isPresent() ? new Sighting.Absent() : new Sighting.Unknown(unavailable());
    }

    /**
     * Opens a regular file for reading. Follows no symbolic link in any part of the path, even if one is created at the same
     * time. Does not open devices, FIFOs and sockets.
     *
     * @throws NoSuchFileException if nothing is there
     * @throws NotRegularFileException if something other than a regular file is there
     */
    public SeekableByteChannel openRegular(String relativePath) throws IOException {
        Path file = resolve(relativePath);
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
            if (entries instanceof SecureDirectoryStream<Path> secure) {
                return openBelow(secure, root.relativize(file), relativePath);
            }
        }
        // a platform without openat(2): the same rule, but with a race between the check and the opening
        if (!isRegularWithoutLinks(file)) {
            throw new NotRegularFileException(relativePath, "not a regular file, or reached through a symbolic link");
        }
        return Files.newByteChannel(file, StandardOpenOption.READ, NOFOLLOW_LINKS);
    }

    /** The problem to report if {@link #isPresent()} is false. */
    public Problem unavailable() {
        return new Problem(ErrorCode.FOLDER_UNAVAILABLE, missing(root));
    }

    @Override
    public String toString() {
        return root + " (" + id + ")";
    }

    private boolean isRegularWithoutLinks(Path file) throws IOException {
        Path relative = root.relativize(file);
        Path place = root;
        for (int i = 0; i < relative.getNameCount() - 1; i++) {
            place = place.resolve(relative.getName(i));
            // isDirectory is false for a link when links are not followed
            if (!Files.readAttributes(place, BasicFileAttributes.class, NOFOLLOW_LINKS)
                    .isDirectory()) {
                return false;
            }
        }
        return Files.readAttributes(file, BasicFileAttributes.class, NOFOLLOW_LINKS)
                .isRegularFile();
    }

    /** Opens each folder with openat(2), so that a symbolic link that is created at the same time cannot redirect it. */
    private static SeekableByteChannel openBelow(SecureDirectoryStream<Path> folder, Path relative, String relativePath)
            throws IOException {
        Path name = relative.getName(0);
        BasicFileAttributes attributes = folder.getFileAttributeView(name, BasicFileAttributeView.class, NOFOLLOW_LINKS)
                .readAttributes();
        if (relative.getNameCount() == 1) {
            requireRegular(attributes, relativePath);
            return folder.newByteChannel(name, Set.of(StandardOpenOption.READ, NOFOLLOW_LINKS));
        }
        if (!attributes.isDirectory()) {
            throw new NotRegularFileException(relativePath, "reached through " + name + ", which is not a folder");
        }
        try (SecureDirectoryStream<Path> next = folder.newDirectoryStream(name, NOFOLLOW_LINKS)) {
            return openBelow(next, relative.subpath(1, relative.getNameCount()), relativePath);
        }
    }

    private static void requireRegular(BasicFileAttributes attributes, String relativePath)
            throws NotRegularFileException {
        if (attributes.isSymbolicLink()) {
            throw new NotRegularFileException(relativePath, "a symbolic link; links are never followed");
        }
        if (!attributes.isRegularFile()) {
            throw new NotRegularFileException(relativePath, "not a regular file");
        }
    }

    private static UUID readOrCreate(Path root) throws IOException {
        try {
            return read(root);
        } catch (NoSuchFileException e) {
            UUID made = UUID.randomUUID();
            // written under another name and linked, so that no other instance reads a part of it
            Path draft = root.resolve(IDENTITY + "-" + made);
            Durable.write(draft, made + "\n");
            try {
                CarefulMove.moveIfFree(draft, root.resolve(IDENTITY));
            } finally {
                Files.deleteIfExists(draft);
            }
            Durable.sync(root);
            // another instance may have created it first
            return read(root);
        }
    }

    private static UUID read(Path root) throws IOException {
        Path file = root.resolve(IDENTITY);
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class, NOFOLLOW_LINKS);
        if (!attributes.isRegularFile() || attributes.size() > UUID_CHARACTERS + 2) {
            throw new FileSystemException(file.toString(), null, "is not the identity file of a drop folder");
        }
        String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new FileSystemException(file.toString(), null, "does not contain a UUID");
        }
    }

    private static String missing(Path directory) {
        return "the drop folder " + directory + " or its file " + IDENTITY
                + " is missing: mount the folder; work resumes automatically";
    }

    private static Opening closed(String message) {
        return new Opening.Closed(new Problem(ErrorCode.FOLDER_UNAVAILABLE, message));
    }
}
