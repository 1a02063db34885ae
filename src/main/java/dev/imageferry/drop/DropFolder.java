package dev.imageferry.drop;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

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
 * The drop folder and its identity: a UUID in {@code .imageferry-folder}, made once by exclusive create. A folder whose
 * identity is known but whose file is not there is unmounted, not empty.
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
     * Opens the folder, made where it is missing; reads its identity, or gives it one.
     *
     * @param directory may itself be reached over a symbolic link: naming it is the operator's choice
     * @param knownId the identity the queue remembers for this directory; with it, nothing is made and a folder without
     *     identity, or with another one, is closed. Null at the very first start.
     */
    public static Opening open(Path directory, @Nullable UUID knownId) {
        try {
            if (knownId == null) {
                Files.createDirectories(directory);
            }
            Path root = directory.toRealPath();
            UUID found = knownId == null ? readOrCreate(root) : read(root);
            if (knownId != null && !knownId.equals(found)) {
                return closed("the drop folder " + directory + " is " + found + " by its " + IDENTITY
                        + ", but the queue knows it as " + knownId + ": mount the right folder there");
            }
            return new Opening.Opened(new DropFolder(root, found));
        } catch (NoSuchFileException e) {
            return closed(
                    knownId == null
                            ? missing(directory)
                            : missing(directory) + "; if it was removed for good, make it and write " + knownId
                                    + " into " + directory.resolve(IDENTITY));
        } catch (IOException e) {
            return closed("the drop folder " + directory + " cannot be opened (" + Reason.of(e)
                    + "): make it a folder that the daemon may read and write");
        }
    }

    /** The identity, part of what makes a file unique in the queue. */
    public UUID id() {
        return id;
    }

    /** The folder, absolute, without symbolic links. */
    public Path root() {
        return root;
    }

    /**
     * The place of a relative path. Looks at nothing on disk.
     *
     * @throws IllegalArgumentException for a path that is absolute, empty, or has {@code .}, {@code ..} or empty parts
     */
    public Path resolve(String relativePath) {
        for (String part : relativePath.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..") || part.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("not a path below the drop folder: " + relativePath);
            }
        }
        // throws InvalidPathException, which is an IllegalArgumentException, for what cannot be encoded
        return root.resolve(relativePath);
    }

    /** Whether a download tool's control file is beside the image, so that it is not complete. */
    public boolean isBeingDownloaded(String relativePath) throws IOException {
        Path file = resolve(relativePath);
        for (String suffix : Names.DOWNLOAD_CONTROL_SUFFIXES) {
            String control = file.getFileName() + suffix;
            // no file can have a longer name, and asking for one is an error
            if (control.getBytes(StandardCharsets.UTF_8).length <= Names.MAX_NAME_BYTES
                    && CarefulMove.exists(file.resolveSibling(control))) {
                return true;
            }
        }
        return false;
    }

    /** Whether the folder with our identity is there: false when it is unmounted, removed or replaced. */
    public boolean isPresent() {
        try {
            return read(root).equals(id);
        } catch (IOException e) {
            // whatever the reason, a folder that cannot show its identity must not be taken for ours
            return false;
        }
    }

    /** Whether files may be made and renamed here, as far as permissions and the mount tell. */
    public boolean isWritable() {
        return isPresent() && Files.isWritable(root);
    }

    /** Bytes that the daemon's account may still write on the folder's file system. */
    public long freeBytes() throws IOException {
        return Files.getFileStore(root).getUsableSpace();
    }

    /** Looks at one path; never follows a symbolic link, neither at its end nor on the way. */
    public Sighting look(String relativePath) {
        Path file = resolve(relativePath);
        try {
            if (isRegularWithoutLinks(file)) {
                return new Sighting.Present(FileFingerprint.of(file));
            }
        } catch (NoSuchFileException e) {
            // gone: told below from an unmounted folder
            return isPresent() ? new Sighting.Absent() : new Sighting.Unknown(unavailable());
        } catch (IOException e) {
            return new Sighting.Unknown(
                    isPresent()
                            ? new Problem(
                                    ErrorCode.UNREADABLE,
                                    relativePath + " cannot be looked at (" + Reason.of(e)
                                            + "): let the daemon read it and the folders above it")
                            : unavailable());
        }
        return isPresent() ? new Sighting.Absent() : new Sighting.Unknown(unavailable());
    }

    /**
     * Opens a regular file for reading. No symbolic link is followed, neither at the end nor on the way, also when one is
     * put there at this very moment; devices, FIFOs and sockets are not opened.
     *
     * @throws NoSuchFileException when there is nothing
     * @throws NotRegularFileException when there is something else than a regular file
     */
    public SeekableByteChannel openRegular(String relativePath) throws IOException {
        Path file = resolve(relativePath);
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
            if (entries instanceof SecureDirectoryStream<Path> secure) {
                return openBelow(secure, root.relativize(file), relativePath);
            }
        }
        // a platform without openat(2): the same rule, with a moment between the look and the opening
        if (!isRegularWithoutLinks(file)) {
            throw new NotRegularFileException(relativePath, "not a regular file, or behind a symbolic link");
        }
        return Files.newByteChannel(file, StandardOpenOption.READ, NOFOLLOW_LINKS);
    }

    /** What to say, and wait for, when {@link #isPresent()} is false. */
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

    /** Goes down one folder after the other by openat(2), which a link put in between cannot lead astray. */
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
            throw new NotRegularFileException(relativePath, "behind " + name + ", which is no folder");
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
            // written aside and linked, so that another instance never reads half an identity
            Path draft = root.resolve(IDENTITY + "-" + made);
            Durable.write(draft, made + "\n");
            try {
                CarefulMove.moveIfFree(draft, root.resolve(IDENTITY));
            } finally {
                Files.deleteIfExists(draft);
            }
            Durable.folder(root);
            // ours, or that of the instance that was quicker
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
            throw new FileSystemException(file.toString(), null, "holds no UUID");
        }
    }

    private static String missing(Path directory) {
        return "the drop folder " + directory + " is not there, or has lost its " + IDENTITY
                + ": mount it; work goes on by itself then";
    }

    private static Opening closed(String message) {
        return new Opening.Closed(new Problem(ErrorCode.FOLDER_UNAVAILABLE, message));
    }
}
