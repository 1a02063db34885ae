package dev.imageferry.drop;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.imageferry.drop.Placement.Whereabouts;
import dev.imageferry.job.Digests;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Problem;
import dev.imageferry.job.Reason;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Puts the files of ended jobs away, and gives them back. Nothing is ever overwritten or lost: each step can be cut off at
 * any point, and the same calls made again come to the same end.
 *
 * <pre>
 * reserve: make the receipt under the first free name, by exclusive create
 *          (the caller commits the name)
 * place:   sidecar, then image → .imageferry-JOB beside them, where no scan looks and no upload reaches
 *          still the content of the job? else put back
 *          image → its name in the section, then the sidecar → its name; receipt; fsync of the folders
 * </pre>
 *
 * The sidecar is taken before the image and only while the image is the job's: a held sidecar without an image of the job
 * tells that the image was never taken, and a sidecar for the next image of the same name is never mistaken for ours.
 *
 * <p>One job is archived by one thread at a time (its lease); different jobs may be archived at once, by any number of
 * instances.
 */
public final class Archive {
    /** FAT keeps times in steps of two seconds. */
    private static final long COARSEST_TIME_NANOS = Duration.ofSeconds(2).toNanos();

    private static final Logger LOG = Logger.getLogger(Archive.class);

    private final DropFolder folder;

    public Archive(DropFolder folder) {
        this.folder = folder;
    }

    /**
     * Reserves names for image, sidecars and receipt.
     *
     * @param reservedNameOrNull what an earlier call returned for this job and section; kept when it can be
     */
    public Reservation reserve(ArchiveOrder order, @Nullable String reservedNameOrNull) {
        try {
            requirePresent();
            if (reservedNameOrNull != null && keep(order, reservedNameOrNull)) {
                return new Reservation.Reserved(reservedNameOrNull);
            }
            return new Reservation.Reserved(claimFirstFree(order));
        } catch (ClosedByInterruptException e) {
            return new ArchiveHindrance.Interrupted();
        } catch (IOException e) {
            return unavailable("the receipt of " + order.path() + " cannot be written", e);
        }
    }

    /**
     * Puts the file and its sidecar where they belong and finishes the receipt.
     *
     * @param name as reserved
     */
    public Placement place(ArchiveOrder order, String name) {
        try {
            requirePresent();
            Spot spot = spot(order.section(), name);
            if (!isFolder(spot.folder()) || Receipts.owner(spot.receipt(), order.jobId()) != Receipts.Owner.THIS_JOB) {
                return new Placement.NameLost(name);
            }
            Held held = held(order);
            return switch (order.treatment()) {
                case MOVE -> move(order, held, spot);
                case DELETE -> delete(order, held, spot);
                case RECEIPT_ONLY -> {
                    putBack(held, spot);
                    yield finish(order, spot, whereaboutsOfUntaken(order));
                }
            };
        } catch (ClosedByInterruptException e) {
            return new ArchiveHindrance.Interrupted();
        } catch (IOException e) {
            return unavailable(order.path() + " cannot be put away", e);
        }
    }

    /**
     * Gives image and sidecar back from {@code failed/} and removes the receipt there.
     *
     * @param path where the image was dropped
     * @param fingerprint of the job: tells a file that is back already (or was kept) from another one
     * @param name as reserved in {@code failed/}
     */
    public Restoration restore(UUID jobId, String path, FileFingerprint fingerprint, String name) {
        try {
            requirePresent();
            return restore(jobId, path, fingerprint, spot(Section.FAILED, name));
        } catch (ClosedByInterruptException e) {
            return new ArchiveHindrance.Interrupted();
        } catch (IOException e) {
            return unavailable(path + " cannot be given back", e);
        }
    }

    /** The places that belong to one reserved name. */
    private record Spot(String name, Path image) {
        Path folder() {
            return parent(image);
        }

        Path sidecar(String suffix) {
            return image.resolveSibling(Names.sidecar(image.getFileName().toString(), suffix));
        }

        Path receipt() {
            return image.resolveSibling(Names.receipt(image.getFileName().toString()));
        }
    }

    /**
     * The dropped files, and the names beside them under which one job holds them.
     *
     * @param reachable false when their folder is gone, or is no folder any more: then nothing is there or held
     */
    private record Held(UUID jobId, Path source, boolean reachable) {
        Path image() {
            return source.resolveSibling(Names.HELD_PREFIX + jobId);
        }

        Path sidecar(String suffix) {
            return source.resolveSibling(Names.HELD_PREFIX + jobId + suffix);
        }

        Path sourceSidecar(String suffix) {
            return source.resolveSibling(Names.sidecar(source.getFileName().toString(), suffix));
        }

        boolean hasImage() throws IOException {
            return reachable && CarefulMove.exists(image());
        }

        boolean hasSidecar(String suffix) throws IOException {
            return reachable && CarefulMove.exists(sidecar(suffix));
        }
    }

    private Spot spot(Section section, String name) throws IOException {
        Path sectionFolder = folder.root().resolve(section.folderName());
        if (CarefulMove.exists(sectionFolder) && !isFolder(sectionFolder)) {
            throw new FileSystemException(
                    sectionFolder.toString(),
                    null,
                    section.folderName() + "/ is no folder, but a file or a symbolic link");
        }
        return new Spot(name, folder.resolve(section.folderName() + "/" + name));
    }

    private Held held(ArchiveOrder order) throws IOException {
        Path source = folder.resolve(order.path());
        return new Held(order.jobId(), source, isFolder(parent(source)));
    }

    // ---- reserving

    private boolean keep(ArchiveOrder order, String name) throws IOException {
        Spot spot = spot(order.section(), name);
        makeFolder(spot.folder());
        return isFolder(spot.folder()) && claim(order, spot, true);
    }

    private String claimFirstFree(ArchiveOrder order) throws IOException {
        String[] parts = order.path().split("/", -1);
        StringBuilder inside = new StringBuilder();
        for (int i = 0; i < parts.length - 1; i++) {
            inside.append(firstUsableFolder(order.section(), inside.toString(), parts[i]))
                    .append('/');
        }
        for (int number = 1; ; number++) {
            String name = inside + Names.numbered(parts[parts.length - 1], number);
            Spot spot = spot(order.section(), name);
            makeFolder(spot.folder());
            if (claim(order, spot, false)) {
                return name;
            }
        }
    }

    /** A folder's name may be taken by an image of that name, or by a link, which is not followed. */
    private String firstUsableFolder(Section section, String inside, String wanted) throws IOException {
        for (int number = 1; ; number++) {
            String name = Names.numberedFolder(wanted, number);
            Path candidate = folder.resolve(section.folderName() + "/" + inside + name);
            if (isFolder(candidate) || !CarefulMove.exists(candidate)) {
                return name;
            }
        }
    }

    /**
     * Makes the receipt, or finds it made.
     *
     * @param committed the name is this job's by the queue, so that its image may stand there already
     */
    private boolean claim(ArchiveOrder order, Spot spot, boolean committed) throws IOException {
        boolean ours = isPlaced(order, spot);
        boolean claimed = switch (Receipts.owner(spot.receipt(), order.jobId())) {
            case ANOTHER -> false;
            case THIS_JOB -> {
                if (CarefulMove.exists(spot.image()) && !ours) {
                    // somebody put another file there; the next free name gets a receipt of its own
                    Files.delete(spot.receipt());
                    yield false;
                }
                yield true;
            }
            case NOBODY ->
                ((committed && ours) || isFree(spot))
                        && Receipts.create(spot.receipt(), order.jobId(), order.receipt());
        };
        if (claimed) {
            Durable.folder(spot.folder());
        }
        return claimed;
    }

    private static boolean isFree(Spot spot) throws IOException {
        if (CarefulMove.exists(spot.image())) {
            return false;
        }
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            if (CarefulMove.exists(spot.sidecar(suffix))) {
                return false;
            }
        }
        return true;
    }

    // ---- placing

    /** What a try to take the dropped image aside led to. */
    private enum Taking {
        TAKEN,
        ALREADY_PLACED,
        NOT_OURS
    }

    private Placement move(ArchiveOrder order, Held held, Spot spot) throws IOException {
        switch (take(order, held, spot)) {
            case NOT_OURS -> {
                putBack(held, spot);
                return finish(order, spot, whereaboutsOfUntaken(order));
            }
            case TAKEN -> {
                switch (CarefulMove.moveIfFree(held.image(), spot.image())) {
                    case MOVED -> {}
                    case TAKEN -> {
                        return new Placement.NameLost(spot.name());
                    }
                    case CHANGED -> {
                        putBack(held, spot);
                        return finish(order, spot, whereaboutsOfUntaken(order));
                    }
                }
            }
            case ALREADY_PLACED -> {}
        }
        placeSidecars(held, spot);
        return finish(order, spot, Whereabouts.ARCHIVED);
    }

    private Placement delete(ArchiveOrder order, Held held, Spot spot) throws IOException {
        // whatever happens after this, the receipt tells what became of the file
        finish(order, spot, Whereabouts.DELETED);
        Taking taking = take(order, held, spot);
        if (taking == Taking.ALREADY_PLACED) {
            // a run before this one had the order to move
            placeSidecars(held, spot);
            return finish(order, spot, Whereabouts.ARCHIVED);
        }
        if (taking == Taking.TAKEN) {
            // the image last: as long as it is held, a crash leaves the sidecar known as taken
            for (String suffix : Names.SIDECAR_SUFFIXES) {
                Files.deleteIfExists(held.sidecar(suffix));
            }
            Files.delete(held.image());
            return finish(order, spot, Whereabouts.DELETED);
        }
        putBack(held, spot);
        Whereabouts whereabouts = whereaboutsOfUntaken(order);
        // nothing there: deleted before a crash, or by somebody who was quicker
        return finish(order, spot, whereabouts == Whereabouts.REMOVED ? Whereabouts.DELETED : whereabouts);
    }

    private Taking take(ArchiveOrder order, Held held, Spot spot) throws IOException {
        if (held.hasImage()) {
            return isHeldOf(order, held.image()) ? Taking.TAKEN : Taking.NOT_OURS;
        }
        if (!isJobs(order, sight(order.path()))) {
            return isPlaced(order, spot) ? Taking.ALREADY_PLACED : Taking.NOT_OURS;
        }
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            // one that is held already is the one that was there when the job ended
            if (!held.hasSidecar(suffix) && CarefulMove.isRegular(held.sourceSidecar(suffix))) {
                renameIfThere(held.sourceSidecar(suffix), held.sidecar(suffix));
            }
        }
        renameIfThere(held.source(), held.image());
        // it may have been replaced or removed between the look and the rename
        return isHeldOf(order, held.image()) ? Taking.TAKEN : Taking.NOT_OURS;
    }

    private static void renameIfThere(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            LOG.debugf("%s was removed at this very moment", from);
        }
    }

    private static void placeSidecars(Held held, Spot spot) throws IOException {
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            if (held.hasSidecar(suffix)) {
                moveToFree(held.sidecar(suffix), spot.sidecar(suffix));
            }
        }
    }

    /** What is held goes back to where it was dropped; if that is taken by now, it goes beside it as {@code x-2.img.gz}. */
    private static void putBack(Held held, Spot spot) throws IOException {
        String image = held.source().getFileName().toString();
        if (held.hasImage()) {
            for (int number = 1; ; number++) {
                Path free = held.source().resolveSibling(Names.numbered(image, number));
                if (CarefulMove.moveIfFree(held.image(), free) == CarefulMove.Outcome.MOVED) {
                    for (String suffix : Names.SIDECAR_SUFFIXES) {
                        if (held.hasSidecar(suffix)) {
                            moveToFree(
                                    held.sidecar(suffix),
                                    free.resolveSibling(
                                            Names.sidecar(free.getFileName().toString(), suffix)));
                        }
                    }
                    return;
                }
            }
        }
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            if (held.hasSidecar(suffix)
                    && CarefulMove.moveIfFree(held.sidecar(suffix), held.sourceSidecar(suffix))
                            != CarefulMove.Outcome.MOVED) {
                // a newer sidecar has come; the old one stands beside the receipt of its job
                moveToFree(held.sidecar(suffix), spot.sidecar(suffix));
            }
        }
    }

    private static void moveToFree(Path from, Path wanted) throws IOException {
        String name = wanted.getFileName().toString();
        Path free = wanted;
        for (int number = 2; CarefulMove.moveIfFree(from, free) != CarefulMove.Outcome.MOVED; number++) {
            free = wanted.resolveSibling(Names.numberedSidecar(name, number));
        }
    }

    private Placement finish(ArchiveOrder order, Spot spot, Whereabouts whereabouts) throws IOException {
        Receipts.finish(spot.receipt(), order.jobId(), order.receipt());
        Durable.folder(spot.folder());
        Path dropped = parent(folder.resolve(order.path()));
        if (isFolder(dropped)) {
            Durable.folder(dropped);
        }
        return new Placement.Placed(whereabouts);
    }

    private Whereabouts whereaboutsOfUntaken(ArchiveOrder order) throws IOException {
        Optional<FileFingerprint> seen = sight(order.path());
        if (seen.isEmpty()) {
            return Whereabouts.REMOVED;
        }
        return isJobs(order, seen) ? Whereabouts.LEFT : Whereabouts.REPLACED;
    }

    /** Empty when no regular file is at the path, for certain. */
    private Optional<FileFingerprint> sight(String path) throws IOException {
        return switch (folder.look(path)) {
            case Sighting.Present(FileFingerprint fingerprint) -> Optional.of(fingerprint);
            case Sighting.Absent() -> Optional.empty();
            case Sighting.Unknown(Problem problem) -> throw new IOException(problem.message());
        };
    }

    /** Whether the held file is the job's. Holding it has changed its change time; its name is known to this job alone. */
    private static boolean isHeldOf(ArchiveOrder order, Path file) throws IOException {
        Optional<FileFingerprint> seen = fingerprint(file);
        return seen.isPresent() && seen.get().equalsButForChangeTime(order.fingerprint());
    }

    /**
     * Whether the file at the job's path is the job's. Inode, size and modification time may come back with other content;
     * the change time does not, but a chmod or the removal of a hard link changes it too. Then the content decides.
     */
    private boolean isJobs(ArchiveOrder order, Optional<FileFingerprint> seen) throws IOException {
        if (seen.isEmpty() || !seen.get().equalsButForChangeTime(order.fingerprint())) {
            return false;
        }
        boolean changeTimeIsUnknown = order.fingerprint().changedNanos() == 0;
        return changeTimeIsUnknown
                || seen.get().equals(order.fingerprint())
                || (order.sha256OrNull() != null
                        && order.sha256OrNull().equals(Digests.sha256(folder.resolve(order.path()))));
    }

    /**
     * Whether the job's image stands under the reserved name. A copy over a mount boundary has another inode there, and
     * as much of the time as the file system there can hold.
     */
    private static boolean isPlaced(ArchiveOrder order, Spot spot) throws IOException {
        Optional<FileFingerprint> seen = fingerprint(spot.image());
        return seen.isPresent()
                && seen.get().bytes() == order.fingerprint().bytes()
                && Math.abs(seen.get().modifiedNanos() - order.fingerprint().modifiedNanos()) <= COARSEST_TIME_NANOS;
    }

    // ---- giving back

    private Restoration restore(UUID jobId, String path, FileFingerprint fingerprint, Spot spot) throws IOException {
        Path source = folder.resolve(path);
        boolean isOurs = isFolder(spot.folder()) && Receipts.owner(spot.receipt(), jobId) == Receipts.Owner.THIS_JOB;
        Optional<FileFingerprint> archived = isFolder(spot.folder()) ? fingerprint(spot.image()) : Optional.empty();
        // without a receipt (somebody tidied up) the file must be the very same
        boolean isThere = isOurs
                ? archived.isPresent()
                : archived.isPresent() && archived.get().equalsButForChangeTime(fingerprint);
        if (!isThere) {
            // kept where it was, or given back by a run that was cut off
            Optional<FileFingerprint> seen = sight(path);
            if (seen.isPresent() && seen.get().equalsButForChangeTime(fingerprint)) {
                return restored(source, spot, isOurs);
            }
            return seen.isPresent()
                    ? taken(path)
                    : new Restoration.Missing(path + " is neither in failed/ (as " + spot.name()
                            + ") nor in the drop folder: drop it again");
        }
        makeFolder(parent(source));
        if (!isFolder(parent(source))) {
            return new Restoration.Conflict("the folder of " + path
                    + " cannot be made, because a file or a symbolic link has its name: move that away, then retry");
        }
        Held names = new Held(jobId, source, true);
        if (isTaken(spot.image(), source)) {
            return taken(path);
        }
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            if (isTaken(spot.sidecar(suffix), names.sourceSidecar(suffix))) {
                return taken(path + suffix);
            }
        }
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            if (CarefulMove.isRegular(spot.sidecar(suffix))
                    && CarefulMove.moveIfFree(spot.sidecar(suffix), names.sourceSidecar(suffix))
                            != CarefulMove.Outcome.MOVED) {
                return taken(path + suffix);
            }
        }
        // last: from now on the image is there to be settled, with its sidecar
        if (CarefulMove.moveIfFree(spot.image(), source) != CarefulMove.Outcome.MOVED) {
            return taken(path);
        }
        return restored(source, spot, isOurs);
    }

    private static Restoration restored(Path source, Spot spot, boolean withReceipt) throws IOException {
        // the image has to be durable here before the receipt goes, which tells that it is ours there
        Durable.folder(parent(source));
        if (withReceipt) {
            Files.deleteIfExists(spot.receipt());
            Durable.folder(spot.folder());
        }
        return new Restoration.Restored(FileFingerprint.of(source));
    }

    private static boolean isTaken(Path from, Path to) throws IOException {
        return CarefulMove.isRegular(from) && CarefulMove.exists(to) && !CarefulMove.isSame(from, to);
    }

    private static Restoration taken(String path) {
        return new Restoration.Conflict(
                path + " cannot go back from failed/, because the drop folder has another file of that name: move that"
                        + " away, then retry");
    }

    // ---- folders

    /** Whether it is a folder that is reached from the root without a symbolic link. */
    private boolean isFolder(Path path) throws IOException {
        Path place = folder.root();
        for (Path part : folder.root().relativize(path)) {
            // the relative path of the root to itself has one part, which is empty
            place = place.resolve(part);
            try {
                if (!Files.readAttributes(place, BasicFileAttributes.class, NOFOLLOW_LINKS)
                        .isDirectory()) {
                    return false;
                }
            } catch (NoSuchFileException e) {
                return false;
            }
        }
        return true;
    }

    /** Makes what is missing, durably. Stops at what is no folder, which {@link #isFolder} then tells. */
    private void makeFolder(Path path) throws IOException {
        Path place = folder.root();
        for (Path part : folder.root().relativize(path)) {
            place = place.resolve(part);
            if (!CarefulMove.exists(place)) {
                try {
                    Files.createDirectory(place);
                } catch (FileAlreadyExistsException e) {
                    continue; // another job was quicker
                }
                Durable.folder(parent(place));
            } else if (!isFolder(place)) {
                return;
            }
        }
    }

    private static Optional<FileFingerprint> fingerprint(Path file) throws IOException {
        try {
            return CarefulMove.isRegular(file) ? Optional.of(FileFingerprint.of(file)) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static Path parent(Path path) {
        return Objects.requireNonNull(path.getParent(), "parent");
    }

    private void requirePresent() throws IOException {
        if (!folder.isPresent()) {
            throw new NoSuchFileException(folder.root().toString());
        }
    }

    private ArchiveHindrance unavailable(String what, IOException e) {
        return new ArchiveHindrance.Unavailable(
                folder.isPresent()
                        ? new Problem(
                                ErrorCode.FOLDER_UNAVAILABLE,
                                what + " (" + Reason.of(e) + "): give the daemon room and write access in "
                                        + folder.root() + "; it goes on by itself then")
                        : folder.unavailable());
    }
}
