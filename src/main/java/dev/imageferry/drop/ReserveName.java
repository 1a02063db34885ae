package dev.imageferry.drop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reserves a name in {@code done/} or {@code failed/} by creating the receipt under it. */
final class ReserveName {
    private final JobFiles files;

    ReserveName(JobFiles files) {
        this.files = files;
    }

    /** Reserves a name that the queue already records for this job; false if it cannot be used any more. */
    boolean keep(ArchiveOrder order, String name) throws IOException {
        ArchiveEntry entry = files.entry(order.section(), name);
        files.createFolders(entry.folder());
        return files.isFolder(entry.folder()) && claim(order, entry, true);
    }

    String claimFirstFree(ArchiveOrder order) throws IOException {
        String[] parts = order.path().split("/", -1);
        StringBuilder parent = new StringBuilder();
        for (int i = 0; i < parts.length - 1; i++) {
            parent.append(firstUsableFolder(order.section(), parent.toString(), parts[i]))
                    .append('/');
        }
        for (int number = 1; ; number++) {
            String name = parent + Names.numbered(parts[parts.length - 1], number);
            ArchiveEntry entry = files.entry(order.section(), name);
            files.createFolders(entry.folder());
            if (claim(order, entry, false)) {
                return name;
            }
        }
    }

    /** The name of a folder can be taken by an image, or by a symbolic link, which is not followed. */
    private String firstUsableFolder(Section section, String parent, String wanted) throws IOException {
        for (int number = 1; ; number++) {
            String name = Names.numberedFolder(wanted, number);
            Path candidate = files.inSection(section, parent + name);
            // in this order, because another job can create the folder between the two
            if (!CarefulMove.exists(candidate) || files.isFolder(candidate)) {
                return name;
            }
        }
    }

    /**
     * Creates the receipt unless this job has already created it.
     *
     * @param committed whether the queue records this name for the job, so that its image may already be there
     */
    private boolean claim(ArchiveOrder order, ArchiveEntry entry, boolean committed) throws IOException {
        boolean archived = JobFiles.isArchived(order, entry);
        boolean claimed = switch (Receipts.owner(entry.receipt(), order.jobId())) {
            case ANOTHER -> false;
            case THIS_JOB -> {
                if (CarefulMove.exists(entry.image()) && !archived) {
                    // another file has taken the name, so the receipt moves to the next free one
                    Files.delete(entry.receipt());
                    yield false;
                }
                yield true;
            }
            case NOBODY ->
                ((committed && archived) || isFree(entry))
                        && Receipts.create(entry.receipt(), order.jobId(), order.receipt());
        };
        if (claimed) {
            files.sync(entry.folder());
        }
        return claimed;
    }

    private static boolean isFree(ArchiveEntry entry) throws IOException {
        if (CarefulMove.exists(entry.image())) {
            return false;
        }
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            if (CarefulMove.exists(entry.sidecar(suffix))) {
                return false;
            }
        }
        return true;
    }
}
