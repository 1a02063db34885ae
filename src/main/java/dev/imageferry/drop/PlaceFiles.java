package dev.imageferry.drop;

import dev.imageferry.drop.Placement.Whereabouts;
import dev.imageferry.job.FileFingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Moves the image and its sidecars to their reserved names, or deletes them, and writes the final receipt. */
final class PlaceFiles {
    private static final Logger LOG = Logger.getLogger(PlaceFiles.class);

    private static final Placement.Placed ARCHIVED = new Placement.Placed(Whereabouts.ARCHIVED, null);
    private static final Placement.Placed DELETED = new Placement.Placed(Whereabouts.DELETED, null);

    private final JobFiles files;

    PlaceFiles(JobFiles files) {
        this.files = files;
    }

    /** The result of renaming the dropped image to its hidden name. */
    private enum Hold {
        HELD,
        ALREADY_ARCHIVED,
        NOT_OF_THIS_JOB
    }

    Placement place(ArchiveOrder order, String name) throws IOException {
        ArchiveEntry entry = files.entry(order.section(), name);
        if (!files.isFolder(entry.folder())
                || Receipts.owner(entry.receipt(), order.jobId()) != Receipts.Owner.THIS_JOB) {
            return new Placement.NameLost(name);
        }
        HeldFiles held = files.held(order.jobId(), order.path());
        return switch (order.treatment()) {
            case MOVE -> move(order, held, entry);
            case DELETE -> delete(order, held, entry);
            case RECEIPT_ONLY -> {
                putBack(held, entry);
                yield finish(order, entry, inDropFolder(order));
            }
        };
    }

    private Placement move(ArchiveOrder order, HeldFiles held, ArchiveEntry entry) throws IOException {
        switch (hold(order, held, entry)) {
            case NOT_OF_THIS_JOB -> {
                putBack(held, entry);
                return finish(order, entry, inDropFolder(order));
            }
            case HELD -> {
                switch (CarefulMove.moveIfFree(held.image(), entry.image())) {
                    case MOVED -> {}
                    case TAKEN -> {
                        return new Placement.NameLost(entry.name());
                    }
                    case CHANGED -> {
                        putBack(held, entry);
                        return finish(order, entry, inDropFolder(order));
                    }
                }
            }
            case ALREADY_ARCHIVED -> {}
        }
        placeSidecars(held, entry);
        return finish(order, entry, ARCHIVED);
    }

    private Placement delete(ArchiveOrder order, HeldFiles held, ArchiveEntry entry) throws IOException {
        // the receipt comes first, so that it exists whenever the file is gone
        finish(order, entry, DELETED);
        Hold hold = hold(order, held, entry);
        if (hold == Hold.ALREADY_ARCHIVED) {
            // by an earlier run, when the setting was still "move"
            placeSidecars(held, entry);
            return finish(order, entry, ARCHIVED);
        }
        if (hold == Hold.HELD) {
            // the image goes last: as long as it is held, the held sidecar is known to belong to it
            for (String suffix : Names.SIDECAR_SUFFIXES) {
                Files.deleteIfExists(held.sidecar(suffix));
            }
            Files.delete(held.image());
            return finish(order, entry, DELETED);
        }
        putBack(held, entry);
        Placement.Placed placed = inDropFolder(order);
        // a missing file was deleted before a crash, or by someone else
        return finish(order, entry, placed.whereabouts() == Whereabouts.REMOVED ? DELETED : placed);
    }

    private Hold hold(ArchiveOrder order, HeldFiles held, ArchiveEntry entry) throws IOException {
        if (held.hasImage()) {
            return JobFiles.isHeldImage(order, held) ? Hold.HELD : Hold.NOT_OF_THIS_JOB;
        }
        if (!files.isContentOfJob(order, files.fingerprintAt(order.path()))) {
            return JobFiles.isArchived(order, entry) ? Hold.ALREADY_ARCHIVED : Hold.NOT_OF_THIS_JOB;
        }
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            // a sidecar that is already held was there when the job ended, a later one was not
            if (!held.hasSidecar(suffix) && CarefulMove.isRegular(held.sourceSidecar(suffix))) {
                renameIfPresent(held.sourceSidecar(suffix), held.sidecar(suffix));
            }
        }
        renameIfPresent(held.source(), held.image());
        // the file may have been replaced or removed between the comparison and the rename
        return JobFiles.isHeldImage(order, held) ? Hold.HELD : Hold.NOT_OF_THIS_JOB;
    }

    private static void renameIfPresent(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            LOG.debugf("%s was removed before it could be renamed", from);
        }
    }

    private static void placeSidecars(HeldFiles held, ArchiveEntry entry) throws IOException {
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            if (held.hasSidecar(suffix)) {
                moveToFreeName(held.sidecar(suffix), entry.sidecar(suffix));
            }
        }
    }

    /** Moves held files back to where they were dropped, or beside it as {@code x-2.img.gz} if the name is taken. */
    private static void putBack(HeldFiles held, ArchiveEntry entry) throws IOException {
        String image = held.source().getFileName().toString();
        if (held.hasImage()) {
            for (int number = 1; ; number++) {
                Path free = held.source().resolveSibling(Names.numbered(image, number));
                if (CarefulMove.moveIfFree(held.image(), free) == CarefulMove.Outcome.MOVED) {
                    for (String suffix : Names.SIDECAR_SUFFIXES) {
                        if (held.hasSidecar(suffix)) {
                            moveToFreeName(
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
                // a newer sidecar has the name, so the old one goes beside the receipt of its job
                moveToFreeName(held.sidecar(suffix), entry.sidecar(suffix));
            }
        }
    }

    private static void moveToFreeName(Path from, Path wanted) throws IOException {
        String name = wanted.getFileName().toString();
        Path free = wanted;
        for (int number = 2; CarefulMove.moveIfFree(from, free) != CarefulMove.Outcome.MOVED; number++) {
            free = wanted.resolveSibling(Names.numberedSidecar(name, number));
        }
    }

    private Placement finish(ArchiveOrder order, ArchiveEntry entry, Placement.Placed placed) throws IOException {
        Receipts.finish(entry.receipt(), order.jobId(), order.receipt());
        files.sync(entry.folder());
        Path dropped = JobFiles.parent(files.dropped(order.path()));
        if (files.isFolder(dropped)) {
            files.sync(dropped);
        }
        return placed;
    }

    private Placement.Placed inDropFolder(ArchiveOrder order) throws IOException {
        Optional<FileFingerprint> current = files.fingerprintAt(order.path());
        if (current.isEmpty()) {
            return new Placement.Placed(Whereabouts.REMOVED, null);
        }
        return files.isContentOfJob(order, current)
                ? new Placement.Placed(Whereabouts.LEFT, current.get())
                : new Placement.Placed(Whereabouts.REPLACED, null);
    }
}
