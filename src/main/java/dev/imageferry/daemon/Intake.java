package dev.imageferry.daemon;

import dev.imageferry.drop.ConversionRule;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.DropScanner;
import dev.imageferry.drop.Ignored;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.drop.ScanResult;
import dev.imageferry.drop.SettleTracker;
import dev.imageferry.drop.Settling;
import dev.imageferry.drop.Sighting;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.Job;
import dev.imageferry.job.Problem;
import dev.imageferry.queue.DatabaseOutage;
import dev.imageferry.queue.NewJob;
import dev.imageferry.queue.Offers;
import dev.imageferry.queue.Offers.Offer;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import java.nio.file.InvalidPathException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Scans the drop folder, waits until files have settled, and offers each to the queue once. Only one thread at a time may scan.
 * The result of the last scan can be read by all threads.
 */
final class Intake {
    private static final Logger LOG = Logger.getLogger(Intake.class);

    private final DropFolder folder;
    private final DropScanner scanner;
    private final SettleTracker tracker;
    private final MetadataReader metadata;
    private final ConversionRule conversion;
    private final Offers offers;
    private final Gates gates;
    private final LateSidecars lateSidecars;
    private final GrownFiles grownFiles;

    /** Files that are known to the queue. They are offered again only after a change. */
    private Map<String, FileFingerprint> known = new HashMap<>();

    /** Files that the queue rejects, by path. */
    private Map<String, Refused> refused = new TreeMap<>();

    /** The files of the previous scan; null before the first. */
    private @Nullable Set<String> filesBefore;

    /** Files that are gone, but not yet recorded as such. */
    private final Set<String> gone = new HashSet<>();

    /** Files that arrived complete and are jobs, although they have not settled. */
    private final Map<String, FileFingerprint> received = new ConcurrentHashMap<>();

    /** Before the first scan. */
    static final Seen NOTHING_SEEN = new Seen(List.of(), List.of(), List.of(), null);

    private volatile Seen seen = NOTHING_SEEN;

    Intake(
            DropFolder folder,
            DropScanner scanner,
            SettleTracker tracker,
            MetadataReader metadata,
            ConversionRule conversion,
            Offers offers,
            Gates gates,
            LateSidecars lateSidecars,
            GrownFiles grownFiles) {
        this.folder = folder;
        this.scanner = scanner;
        this.tracker = tracker;
        this.metadata = metadata;
        this.conversion = conversion;
        this.offers = offers;
        this.gates = gates;
        this.lateSidecars = lateSidecars;
        this.grownFiles = grownFiles;
    }

    /**
     * The result of a scan.
     *
     * @param unfinished files that a download tool is still writing
     * @param atOrNull the start of the scan; null before the first
     */
    record Seen(
            List<DroppedFile> settling,
            List<Ignored> unfinished,
            List<Ignored> ignored,
            @Nullable Instant atOrNull) {}

    /** A file that cannot become a job, and its fingerprint at that time. */
    private record Refused(FileFingerprint fingerprint, Ignored why) {}

    /** The last scan, without files that have become jobs since, because they were received complete. */
    Seen seen() {
        Seen last = seen;
        List<DroppedFile> noJobs =
                last.settling().stream().filter(file -> !isReceived(file)).toList();
        return new Seen(noJobs, last.unfinished(), last.ignored(), last.atOrNull());
    }

    /** The scan may have seen the file before its hidden name was removed, which changes the change time. */
    private boolean isReceived(DroppedFile file) {
        FileFingerprint complete = received.get(file.path());
        return complete != null && complete.equalsButForChangeTime(file.fingerprint());
    }

    /**
     * Creates the job of a file that is complete, without waiting until it settles. Can be called by any thread.
     *
     * @return empty if an earlier file with this name is still being checked. A later scan creates the job then
     */
    Optional<Job> take(DroppedFile file) {
        Offer offer = offers.offer(newJob(file, metadata::read));
        LOG.infof(
                "received file=%s bytes=%d as=%s",
                file.path(), file.fingerprint().bytes(), offer);
        if (offer == Offer.LATER) {
            return Optional.empty();
        }
        received.put(file.path(), file.fingerprint());
        // a small file can have ended already
        return Optional.of(offers.find(folder.id(), file)
                .orElseThrow(() -> new IllegalStateException("no job for " + file.path() + " after " + offer)));
    }

    /** Whether the folder has a file at this path that will become a job, but is none yet. Can be called by any thread. */
    boolean isSettling(String path) {
        if (!scanner.isCandidatePath(path)
                || seen.ignored().stream().anyMatch(file -> file.file().equals(path))) {
            return false;
        }
        try {
            return folder.look(path) instanceof Sighting.Present(FileFingerprint fingerprint)
                    && offers.find(folder.id(), new DroppedFile(path, fingerprint))
                            .filter(job -> job.fingerprint().equals(fingerprint))
                            .isEmpty();
        } catch (InvalidPathException e) {
            return false; // no file can have this name
        }
    }

    /**
     * Scans the folder once.
     *
     * @return whether new work was added to the queue
     */
    boolean scan() {
        Set<String> receivedBefore = Set.copyOf(received.keySet());
        return switch (scanner.scan()) {
            case ScanResult.Unavailable unavailable -> {
                gates.close(Gate.FOLDER, unavailable.problem());
                yield false;
            }
            case ScanResult.Scan scan -> {
                gates.open(Gate.FOLDER);
                forgetGone(scan);
                Settling settling = tracker.look(scan.candidates());
                boolean work = offer(settling.settled(), metadata.of(scan.candidates())::read);
                List<Ignored> ignored = new ArrayList<>(scan.ignored());
                refused.values().forEach(file -> ignored.add(file.why()));
                ignored.addAll(lateSidecars.among(scan.candidates(), settling.settled()));
                ignored.addAll(grownFiles.look());
                Set<String> unsettled =
                        settling.settling().stream().map(DroppedFile::path).collect(Collectors.toSet());
                seen = new Seen(settling.settling(), scan.unfinished(), List.copyOf(ignored), scan.at());
                // after the scan is published, so that a file is never listed as settling in between
                received.keySet().removeIf(path -> receivedBefore.contains(path) && !unsettled.contains(path));
                yield work;
            }
        };
    }

    /** Records which files are gone, because a new file may reuse their inode, size and times and is a new job. */
    private void forgetGone(ScanResult.Scan scan) {
        Set<String> files = new HashSet<>();
        scan.candidates().forEach(candidate -> files.add(candidate.file().path()));
        scan.unfinished().forEach(file -> files.add(file.file()));
        Set<String> before = filesBefore;
        if (before == null) {
            offers.onlyFiles(folder.id(), files);
        } else {
            before.stream().filter(file -> !files.contains(file)).forEach(gone::add);
        }
        filesBefore = files;
        if (!gone.isEmpty()) {
            offers.filesGone(folder.id(), gone);
            gone.clear();
        }
    }

    private boolean offer(List<DroppedFile> settled, Function<String, MetadataReader.Result> reader) {
        boolean work = false;
        Map<String, FileFingerprint> stillKnown = new HashMap<>();
        Map<String, Refused> stillRefused = new TreeMap<>();
        List<NewJob> offered = new ArrayList<>();
        for (DroppedFile file : settled) {
            if (file.fingerprint().equals(known.get(file.path()))) {
                stillKnown.put(file.path(), file.fingerprint());
            } else {
                offered.add(newJob(file, reader));
            }
        }
        Set<DroppedFile> made = offers.offerFirst(offered.stream()
                .filter(offer -> !refused.containsKey(offer.file().path()))
                .toList());
        for (NewJob offer : offered) {
            DroppedFile file = offer.file();
            try {
                Offer result = made.contains(file) ? Offer.ENQUEUED : offers.offer(offer);
                if (result == Offer.ENQUEUED || result == Offer.RESUMED) {
                    LOG.infof(
                            "settled file=%s bytes=%d as=%s",
                            file.path(), file.fingerprint().bytes(), result);
                    work = true;
                }
                if (result != Offer.LATER) {
                    stillKnown.put(file.path(), file.fingerprint());
                }
            } catch (RuntimeException e) {
                stillRefused.put(file.path(), refused(file, e));
            }
        }
        known = stillKnown;
        refused = stillRefused;
        return work;
    }

    /**
     * Lists the file as ignored, so that it does not block others.
     *
     * @throws RuntimeException the failure, if it is an outage of the database
     */
    private Refused refused(DroppedFile file, RuntimeException failure) {
        if (DatabaseOutage.of(failure).isPresent()) {
            throw failure;
        }
        Refused before = refused.get(file.path());
        if (before != null && before.fingerprint().equals(file.fingerprint())) {
            return before;
        }
        LOG.warnf(failure, "file cannot become a job file=%s", file.path());
        return new Refused(
                file.fingerprint(),
                new Ignored(
                        file.path(),
                        file.fingerprint().bytes(),
                        "cannot be recorded in the database (" + DatabaseOutage.words(failure)
                                + "). Rename the file or fix its sidecar"));
    }

    private NewJob newJob(DroppedFile file, Function<String, MetadataReader.Result> reader) {
        return new NewJob(folder.id(), file, metadataOf(file, reader), conversion.applies(file));
    }

    /** Bad metadata is replaced by that of the settings here. The check then rejects the job, so that the error is visible. */
    private ImageMetadata metadataOf(DroppedFile file, Function<String, MetadataReader.Result> reader) {
        return switch (reader.apply(file.path())) {
            case MetadataReader.Result.Read read -> read.metadata();
            case MetadataReader.Result.Bad bad -> defaultsFor(file, bad.problem());
        };
    }

    private ImageMetadata defaultsFor(DroppedFile file, Problem problem) {
        LOG.debugf("file=%s reason=%s", file.path(), problem.message());
        return metadata.ofSettings(file.path());
    }
}
