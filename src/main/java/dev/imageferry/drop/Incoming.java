package dev.imageferry.drop;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.imageferry.job.Digests;
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
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Puts files into the drop folder that come over the network: under a name that no walk looks at, and under their own only when
 * they are complete. Nothing is overwritten, and no name leads out of the folder.
 */
public final class Incoming {
    private static final Logger LOG = Logger.getLogger(Incoming.class);
    private static final String DRAFT_PREFIX = Names.HELD_PREFIX + "incoming-";
    private static final int BUFFER_BYTES = 256 * 1024;

    /** What stays free for PostgreSQL, receipts and logs. */
    private static final long RESERVED_BYTES = 64 << 20;

    /** A draft that nobody has written to for so long belongs to a daemon that is dead. */
    private static final Duration ABANDONED_AFTER = Duration.ofDays(1);

    private final DropFolder folder;
    private final long imageLimit;
    private final FreeSpace freeSpace;

    /** What running uploads have announced and not written yet. */
    private final AtomicLong promisedBytes = new AtomicLong();

    /**
     * Looks at nothing yet.
     *
     * @param imageLimit largest image in bytes, {@code imageferry.limits.compressed}
     */
    public Incoming(DropFolder folder, long imageLimit) {
        this(folder, imageLimit, folder::freeBytes);
    }

    Incoming(DropFolder folder, long imageLimit, FreeSpace freeSpace) {
        this.folder = folder;
        this.imageLimit = imageLimit;
        this.freeSpace = freeSpace;
    }

    /** How much the disk of the folder can still take. */
    interface FreeSpace {
        long bytes() throws IOException;
    }

    /** How it ended. Where it was not stored, nothing of it stays. */
    public sealed interface Receipt {
        /** It stands in the folder, synced to the disk. */
        record Stored(String path, long bytes) implements Receipt {}

        /** No file of this name may be put here. */
        record BadName(String reason) implements Receipt {}

        /** The name is taken. */
        record Taken(String reason) implements Receipt {}

        /** More than the limit, or than there is room for. */
        record TooLarge(String reason) implements Receipt {}

        /** The disk has no room for it. */
        record NoRoom(String reason) implements Receipt {}

        /** What came is not what was announced. */
        record Damaged(String reason) implements Receipt {}

        /** The folder is not there, or cannot be written to. */
        record Unavailable(String reason) implements Receipt {}
    }

    /**
     * Takes one file.
     *
     * @param path relative to the drop folder; ends in {@code .img.gz}, {@code .img.gz.yaml} or {@code .img.gz.json}
     * @param content is read to its end
     * @param announcedBytes how many bytes are to come
     * @param digests by algorithm ({@code SHA-256}), what the content has to have; may be empty
     * @throws IOException when the content cannot be read
     */
    public Receipt take(String path, InputStream content, long announcedBytes, Map<String, byte[]> digests)
            throws IOException {
        String complaint = complaint(path);
        if (complaint != null) {
            return new Receipt.BadName("\"" + path + "\" " + complaint);
        }
        long limit = Names.isImage(path) ? imageLimit : MetadataReader.MAX_BYTES;
        if (announcedBytes > limit) {
            return new Receipt.TooLarge(path + " has " + announcedBytes + " bytes, at most " + limit
                    + (Names.isImage(path) ? " (imageferry.limits.compressed)" : "") + " are taken: make it smaller");
        }
        Path target;
        try {
            target = folder.resolve(path);
        } catch (InvalidPathException e) {
            return new Receipt.BadName("\"" + path + "\" cannot be written in the character set of this system"
                    + " (sun.jnu.encoding): start the daemon with LC_ALL=C.UTF-8, or choose another name");
        }
        if (!folder.isPresent()) {
            return new Receipt.Unavailable(folder.unavailable().message());
        }
        try (Room room = new Room(announcedBytes)) {
            String shortage = room.shortage();
            if (shortage != null) {
                return new Receipt.NoRoom(path + " has " + announcedBytes + " bytes, and " + shortage);
            }
            if (!makeFolders(path)) {
                return new Receipt.Taken("a folder on the way to " + path + " is a file or a symbolic link");
            }
            if (CarefulMove.exists(target)) {
                return taken(path);
            }
            Path draft = target.resolveSibling(DRAFT_PREFIX + UUID.randomUUID());
            boolean kept = false;
            try {
                Receipt receipt = write(path, content, announcedBytes, digests, draft, target, room);
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

    /** The part of the disk that one upload has announced to fill; given back as it is written, the rest at the end. */
    private final class Room implements AutoCloseable {
        private final @Nullable String shortage;
        private long promised;

        /** Takes the room if there is enough, in one step for all uploads. */
        Room(long announcedBytes) throws IOException {
            synchronized (promisedBytes) {
                // the promise is read first: what is written meanwhile is then counted twice and not never
                long others = promisedBytes.get();
                long free = Math.max(0, freeSpace.bytes() - RESERVED_BYTES);
                if (announcedBytes > free - others) {
                    shortage = "the disk of the drop folder has room for " + Math.max(0, free - others) + " ("
                            + free + " are free beside a reserve of " + RESERVED_BYTES
                            + ", and running uploads still need "
                            + others + "): free some space there, or wait for the running uploads";
                    return;
                }
                shortage = null;
                promised = announcedBytes;
                promisedBytes.addAndGet(announcedBytes);
            }
        }

        /** What is missing, in words; null when nothing is. */
        @Nullable
        String shortage() {
            return shortage;
        }

        void written(long bytes) {
            long kept = Math.min(bytes, promised);
            promised -= kept;
            promisedBytes.addAndGet(-kept);
        }

        @Override
        public void close() {
            written(promised);
        }
    }

    private Receipt write(
            String path,
            InputStream content,
            long announcedBytes,
            Map<String, byte[]> digests,
            Path draft,
            Path target,
            Room room)
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
            bytes = copy(checked, Channels.newOutputStream(channel), announcedBytes, room);
            channel.force(true);
        }
        if (bytes != announcedBytes) {
            return new Receipt.Damaged(path + " came with " + (bytes > announcedBytes ? "more than " : "")
                    + Math.min(bytes, announcedBytes) + " of " + announcedBytes + " bytes: send it again");
        }
        for (Check check : checks) {
            if (!MessageDigest.isEqual(check.sum().digest(), check.wanted())) {
                return new Receipt.Damaged("the " + check.algorithm() + " of what came of " + path
                        + " is not the one in Repr-Digest: send it again");
            }
        }
        if (CarefulMove.moveIfFree(draft, target) != CarefulMove.Outcome.MOVED) {
            return taken(path);
        }
        Durable.folder(Objects.requireNonNull(target.getParent(), "parent"));
        return new Receipt.Stored(path, bytes);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Check(String algorithm, MessageDigest sum, byte[] wanted) {}

    /** The content cannot be read, which is no fault of the disk: every other exception here is one. */
    private static final class SenderFailure extends IOException {
        private static final long serialVersionUID = 1L;

        SenderFailure(IOException cause) {
            super(cause);
        }

        IOException reason() {
            return (IOException) Objects.requireNonNull(getCause(), "made with one");
        }
    }

    /** Copies no more than one byte beyond what was announced. */
    private static long copy(InputStream from, OutputStream to, long announcedBytes, Room room) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long bytes = 0;
        while (bytes <= announcedBytes) {
            int count;
            try {
                count = from.read(buffer, 0, (int) Math.min(buffer.length, announcedBytes - bytes + 1));
            } catch (IOException e) {
                throw new SenderFailure(e);
            }
            if (count < 0) {
                break;
            }
            to.write(buffer, 0, count);
            room.written(count);
            bytes += count;
        }
        return bytes;
    }

    private static @Nullable String complaint(String path) {
        String advice = FileKind.reasonAgainst(path);
        if (advice != null) {
            return "is not taken under this name: " + advice;
        }
        String[] parts = path.split("/", -1);
        if (parts.length > 1 && Names.ROOT_FOLDERS.contains(parts[0])) {
            return "is in " + parts[0] + "/, where archived files stand: choose another folder";
        }
        for (String part : parts) {
            if (part.isEmpty() || part.startsWith(".")) {
                return "has an empty part or one that begins with a dot: such names are not looked at";
            }
            if (part.getBytes(StandardCharsets.UTF_8).length > Names.MAX_NAME_BYTES) {
                return "has a part of more than " + Names.MAX_NAME_BYTES + " bytes: shorten it";
            }
            if (part.chars().anyMatch(Character::isISOControl)) {
                return "has a control character: leave it out";
            }
        }
        return null;
    }

    /** False when something on the way is no folder. */
    private boolean makeFolders(String path) throws IOException {
        Path place = folder.root();
        String[] parts = path.split("/", -1);
        for (int i = 0; i < parts.length - 1; i++) {
            place = place.resolve(parts[i]);
            if (!CarefulMove.exists(place)) {
                Files.createDirectories(place);
            }
            if (!Files.readAttributes(place, BasicFileAttributes.class, NOFOLLOW_LINKS)
                    .isDirectory()) {
                return false;
            }
        }
        return true;
    }

    private static Receipt taken(String path) {
        return new Receipt.Taken(path + " is there already, and nothing is overwritten: choose another name");
    }

    private Receipt notWritten(String path, IOException e) {
        String reason = Reason.of(e);
        return isFull(reason)
                ? new Receipt.NoRoom(path + " cannot be written (" + reason
                        + "), nothing of it was kept: free some space on the disk of the drop folder")
                : new Receipt.Unavailable(path + " cannot be written into the drop folder (" + reason + ")");
    }

    /** The system's word for it (ENOSPC, EDQUOT), which may be in the operator's language; or too little space is left. */
    private boolean isFull(String reason) {
        if (reason.contains("No space left") || reason.contains("quota exceeded")) {
            return true;
        }
        try {
            return freeSpace.bytes() < BUFFER_BYTES;
        } catch (IOException e) {
            return false; // a folder that cannot be asked is not there
        }
    }

    /** Removes what uploads of dead daemons have left behind. */
    public void removeAbandoned(Instant now) {
        try (Stream<Path> files = Files.walk(folder.root())) {
            for (Path file : files.filter(file -> file.getFileName().toString().startsWith(DRAFT_PREFIX))
                    .toList()) {
                if (Files.getLastModifiedTime(file, NOFOLLOW_LINKS).toInstant().isBefore(now.minus(ABANDONED_AFTER))) {
                    Files.deleteIfExists(file);
                    LOG.infof("removed what an upload had left behind file=%s", file.getFileName());
                }
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warnf("left-overs of uploads could not be looked for reason=%s", e.getMessage());
        }
    }
}
