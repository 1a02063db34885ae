package dev.imageferry.drop;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.imageferry.file.Durable;
import dev.imageferry.job.Digests;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Puts uploaded files into the drop folder. A file gets its name only when it is complete; until then it has a hidden name
 * that scans skip. No file is overwritten, and no path leads out of the folder.
 */
public final class Incoming {
    private static final Logger LOG = Logger.getLogger(Incoming.class);
    private static final String DRAFT_PREFIX = Names.HELD_PREFIX + "incoming-";
    private static final int BUFFER_BYTES = 256 * 1024;

    /** The length of a body whose framing or digest shows that it is complete. */
    public static final long UNKNOWN_LENGTH = -1;

    /** After this time without a write, a draft belongs to a daemon that no longer runs. */
    private static final Duration ABANDONED_AFTER = Duration.ofDays(1);

    private final DropFolder folder;
    private final ConversionRule rule;
    private final ImageNames names;
    private final DiskSpace diskSpace;

    public Incoming(DropFolder folder, ConversionRule rule, DiskSpace diskSpace) {
        this.folder = folder;
        this.rule = rule;
        this.names = rule.names();
        this.diskSpace = diskSpace;
    }

    /** The result of an upload. Unless it is {@link Stored}, nothing remains in the folder. */
    public sealed interface Receipt {
        /** The file is in the folder and synced to the disk. */
        record Stored(DroppedFile file) implements Receipt {}

        /** The path is not allowed. */
        record BadName(String reason) implements Receipt {}

        /** Another file has this name. */
        record Taken(String reason) implements Receipt {}

        /** The file is larger than the limit. */
        record TooLarge(String reason) implements Receipt {}

        /** There is not enough disk space. */
        record NoRoom(String reason) implements Receipt {}

        /** The content differs from the announced length or digest. */
        record Damaged(String reason) implements Receipt {}

        /** The folder is missing or not writable. */
        record Unavailable(String reason) implements Receipt {}
    }

    /**
     * Stores one file.
     *
     * @param path relative to the drop folder, with the name of an image, a sidecar or {@code SHA256SUMS}
     * @param content read to its end
     * @param announcedBytes its length, or {@link #UNKNOWN_LENGTH}
     * @param digests expected digests by algorithm ({@code SHA-256}); may be empty
     * @throws IOException if the content cannot be read
     */
    public Receipt take(String path, InputStream content, long announcedBytes, Map<String, byte[]> digests)
            throws IOException {
        String error = pathError(path, names);
        if (error != null) {
            return new Receipt.BadName("\"" + path + "\" " + error);
        }
        long limit = limit(path);
        if (announcedBytes > limit) {
            return tooLarge(path, announcedBytes + " bytes", limit);
        }
        Path target;
        try {
            target = folder.resolve(path);
        } catch (InvalidPathException e) {
            return new Receipt.BadName("\"" + path + "\" cannot be encoded in the character set of this system"
                    + " (sun.jnu.encoding): start the daemon with LC_ALL=C.UTF-8, or choose another name");
        }
        if (!folder.isPresent()) {
            return new Receipt.Unavailable(folder.unavailable().message());
        }
        try (DiskSpace.Allocation space = diskSpace.reserve(Math.max(0, announcedBytes))) {
            String shortage = space.shortage();
            if (shortage != null) {
                return new Receipt.NoRoom(path + " has " + announcedBytes + " bytes, but " + shortage);
            }
            if (!createFolders(path)) {
                return new Receipt.Taken("a parent folder of " + path
                        + " is a file or a symbolic link: remove it, or choose another folder");
            }
            if (names.isImage(path) && CarefulMove.exists(target)) {
                return taken(path);
            }
            Path draft = target.resolveSibling(DRAFT_PREFIX + UUID.randomUUID());
            boolean kept = false;
            try {
                Receipt receipt = write(path, content, announcedBytes, digests, draft, target, space);
                kept = receipt instanceof Receipt.Stored;
                return receipt;
            } finally {
                if (!kept) {
                    Files.deleteIfExists(draft);
                }
            }
        } catch (SenderFailure e) {
            throw e.reason();
        } catch (IOException e) {
            return notWritten(path, e);
        }
    }

    private Receipt write(
            String path,
            InputStream content,
            long announcedBytes,
            Map<String, byte[]> digests,
            Path draft,
            Path target,
            DiskSpace.Allocation space)
            throws IOException {
        List<Check> checks = new ArrayList<>();
        InputStream checked = content;
        for (Map.Entry<String, byte[]> digest : digests.entrySet()) {
            MessageDigest sum = Digests.of(digest.getKey());
            checked = new DigestInputStream(checked, sum);
            checks.add(new Check(digest.getKey(), sum, digest.getValue()));
        }
        long bytes;
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long expected = announcedBytes == UNKNOWN_LENGTH ? limit(path) : announcedBytes;
            bytes = copy(checked, Channels.newOutputStream(channel), expected, space);
            channel.force(true);
        }
        String shortage = space.shortage();
        if (shortage != null) {
            return new Receipt.NoRoom(path + " has more than " + bytes + " bytes, but " + shortage);
        }
        if (announcedBytes == UNKNOWN_LENGTH) {
            if (bytes > limit(path)) {
                return tooLarge(path, "more than " + limit(path) + " bytes", limit(path));
            }
        } else if (bytes != announcedBytes) {
            return new Receipt.Damaged("received " + (bytes > announcedBytes ? "more than " : "")
                    + Math.min(bytes, announcedBytes) + " of " + announcedBytes + " bytes of " + path
                    + ": send it again");
        }
        for (Check check : checks) {
            if (!MessageDigest.isEqual(check.sum().digest(), check.wanted())) {
                return new Receipt.Damaged("the " + check.algorithm() + " of the received bytes of " + path
                        + " differs from Repr-Digest: send it again");
            }
        }
        boolean moved = CarefulMove.moveIfFree(draft, target) == CarefulMove.Outcome.MOVED;
        if (!moved && !isSameSidecar(path, draft, target)) {
            return taken(path);
        }
        Durable.sync(Objects.requireNonNull(target.getParent(), "parent"));
        return new Receipt.Stored(new DroppedFile(path, FileFingerprint.of(target)));
    }

    /** Sending a sidecar again changes nothing, so that a client can repeat an upload that broke before its image. */
    private boolean isSameSidecar(String path, Path draft, Path target) throws IOException {
        if (names.isImage(path) || !CarefulMove.isRegular(target) || Files.mismatch(draft, target) >= 0) {
            return false;
        }
        Files.delete(draft);
        return true;
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Check(String algorithm, MessageDigest sum, byte[] wanted) {}

    /** Reading from the sender failed. Every other {@link IOException} here is a failure of the disk. */
    private static final class SenderFailure extends IOException {
        private static final long serialVersionUID = 1L;

        SenderFailure(IOException cause) {
            super(cause);
        }

        IOException reason() {
            return (IOException) Objects.requireNonNull(getCause(), "always has a cause");
        }
    }

    private long limit(String path) {
        return names.isImage(path) ? rule.limit(path).bytes() : CompanionFile.limit(path);
    }

    private Receipt tooLarge(String path, String size, long limit) {
        return new Receipt.TooLarge(path + " has " + size + ", but the limit is " + limit
                + (names.isImage(path) ? " (" + rule.limit(path).setting() + ")" : "") + ": make it smaller");
    }

    /** Copies at most one byte more than expected, and stops early if the disk is full. */
    private static long copy(InputStream from, OutputStream to, long expectedBytes, DiskSpace.Allocation space)
            throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long bytes = 0;
        while (bytes <= expectedBytes) {
            int count;
            try {
                count = from.read(buffer, 0, (int) Math.min(buffer.length, expectedBytes - bytes + 1));
            } catch (IOException e) {
                throw new SenderFailure(e);
            }
            if (count < 0) {
                break;
            }
            space.require(Math.min(count, expectedBytes - bytes)); // not for the byte too many
            if (space.shortage() != null) {
                break;
            }
            to.write(buffer, 0, count);
            space.written(count);
            bytes += count;
        }
        return bytes;
    }

    /** Returns why a file cannot have this path in the drop folder, as a predicate; null if it can. */
    public static @Nullable String pathError(String path, ImageNames names) {
        String advice = FileKind.adviceFor(path, names);
        if (advice != null) {
            return "has an unsupported name: " + advice;
        }
        String[] parts = path.split("/", -1);
        if (parts.length > 1 && Names.ROOT_FOLDERS.contains(parts[0])) {
            return "is in " + parts[0] + "/, which is reserved for archived files: choose another folder";
        }
        for (String part : parts) {
            if (part.isEmpty() || part.startsWith(".")) {
                return "has a part that is empty or begins with a dot, which scans skip: rename it";
            }
            if (part.getBytes(StandardCharsets.UTF_8).length > Names.MAX_NAME_BYTES) {
                return "has a part of more than " + Names.MAX_NAME_BYTES + " bytes: shorten it";
            }
            if (part.chars().anyMatch(Character::isISOControl)) {
                return "contains a control character: remove it";
            }
        }
        return null;
    }

    /** False if a parent is not a folder. */
    private boolean createFolders(String path) throws IOException {
        Path parent = folder.root();
        String[] parts = path.split("/", -1);
        for (int i = 0; i < parts.length - 1; i++) {
            parent = parent.resolve(parts[i]);
            if (!CarefulMove.exists(parent)) {
                Files.createDirectories(parent);
            }
            if (!Files.readAttributes(parent, BasicFileAttributes.class, NOFOLLOW_LINKS)
                    .isDirectory()) {
                return false;
            }
        }
        return true;
    }

    private static Receipt taken(String path) {
        return new Receipt.Taken(path + " already exists and is not overwritten: choose another name");
    }

    private Receipt notWritten(String path, IOException e) {
        String reason = Reason.of(e);
        return diskSpace.isFull(e)
                ? new Receipt.NoRoom("cannot write " + path + " (" + reason
                        + "), so nothing was stored: free some space on the disk of the drop folder")
                : new Receipt.Unavailable("cannot write " + path + " to the drop folder (" + reason + ")");
    }

    /** Removes drafts of uploads to daemons that no longer run. */
    public void removeAbandoned(Instant now) {
        try (Stream<Path> files = Files.walk(folder.root())) {
            for (Path file : files.filter(file -> file.getFileName().toString().startsWith(DRAFT_PREFIX))
                    .toList()) {
                if (Files.getLastModifiedTime(file, NOFOLLOW_LINKS).toInstant().isBefore(now.minus(ABANDONED_AFTER))) {
                    Files.deleteIfExists(file);
                    LOG.infof("removed an abandoned upload file=%s", file.getFileName());
                }
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warnf("could not remove abandoned uploads reason=%s", e.getMessage());
        }
    }
}
