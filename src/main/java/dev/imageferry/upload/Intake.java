package dev.imageferry.upload;

import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.DropScanner;
import dev.imageferry.drop.Ignored;
import dev.imageferry.drop.MetadataDefaults;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.drop.ScanResult;
import dev.imageferry.drop.SettleTracker;
import dev.imageferry.drop.Settling;
import dev.imageferry.image.ImageLabels;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.Job;
import dev.imageferry.job.Problem;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.NewJob;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * From the folder into the queue: walks the folder, waits until files have settled, and offers each to the queue once.
 * For one thread at a time; what it has seen last can be read by any.
 */
final class Intake {
    private static final Logger LOG = Logger.getLogger(Intake.class);

    private final DropFolder folder;
    private final DropScanner scanner;
    private final SettleTracker tracker;
    private final MetadataReader metadata;
    private final MetadataDefaults defaults;
    private final JobQueue queue;
    private final Gates gates;
    private final LateSidecars lateSidecars;
    private final Duration settle;
    private final boolean keepsFiles;
    /** Offered and known to the queue; asked again only when the file changes. */
    private Map<String, FileFingerprint> known = new HashMap<>();
    /** Came back after their job had been archived, e.g. moved out of {@code failed/} by hand. */
    private Map<String, Ignored> handledBefore = new TreeMap<>();

    private volatile Seen seen = new Seen(List.of(), List.of(), null);

    Intake(
            DropFolder folder,
            DropScanner scanner,
            SettleTracker tracker,
            MetadataReader metadata,
            MetadataDefaults defaults,
            JobQueue queue,
            Gates gates,
            Duration settle,
            boolean keepsFiles) {
        this.folder = folder;
        this.scanner = scanner;
        this.tracker = tracker;
        this.metadata = metadata;
        this.defaults = defaults;
        this.queue = queue;
        this.gates = gates;
        this.lateSidecars = new LateSidecars(metadata, queue, folder.id());
        this.settle = settle;
        this.keepsFiles = keepsFiles;
    }

    /**
     * What the last walk found.
     *
     * @param atOrNull when it began; null before the first
     */
    record Seen(
            List<DroppedFile> settling,
            List<Ignored> ignored,
            @Nullable Instant atOrNull) {}

    Seen seen() {
        return seen;
    }

    Duration settle() {
        return settle;
    }

    /**
     * One walk.
     *
     * @return whether the queue got work by it
     */
    boolean scan() {
        return switch (scanner.scan()) {
            case ScanResult.Unavailable unavailable -> {
                gates.close(Gate.FOLDER, unavailable.problem());
                yield false;
            }
            case ScanResult.Scan scan -> {
                gates.open(Gate.FOLDER);
                Settling settling = tracker.look(scan.candidates());
                boolean work = offer(settling.settled());
                List<Ignored> ignored = new ArrayList<>(scan.ignored());
                ignored.addAll(handledBefore.values());
                ignored.addAll(lateSidecars.among(scan.candidates(), settling.settled()));
                seen = new Seen(settling.settling(), List.copyOf(ignored), scan.at());
                yield work;
            }
        };
    }

    private boolean offer(List<DroppedFile> settled) {
        boolean work = false;
        Map<String, FileFingerprint> stillKnown = new HashMap<>();
        Map<String, Ignored> stillHandled = new TreeMap<>();
        for (DroppedFile file : settled) {
            if (file.fingerprint().equals(known.get(file.path()))) {
                stillKnown.put(file.path(), file.fingerprint());
                Ignored before = handledBefore.get(file.path());
                if (before != null) {
                    stillHandled.put(file.path(), before);
                }
                continue;
            }
            JobQueue.Offer offer = queue.offer(new NewJob(folder.id(), file, metadataOf(file)));
            switch (offer) {
                case ENQUEUED, RESUMED -> {
                    LOG.infof(
                            "settled file=%s bytes=%d as=%s",
                            LogText.of(file.path()), file.fingerprint().bytes(), offer);
                    work = true;
                    stillKnown.put(file.path(), file.fingerprint());
                }
                case KNOWN -> {
                    stillKnown.put(file.path(), file.fingerprint());
                    if (!keepsFiles) {
                        queue.archivedJobOf(folder.id(), file)
                                .ifPresent(job -> stillHandled.put(file.path(), handledBefore(file, job)));
                    }
                }
                case LATER -> {}
            }
        }
        known = stillKnown;
        handledBefore = stillHandled;
        return work;
    }

    private static Ignored handledBefore(DroppedFile file, Job job) {
        return new Ignored(
                file.path(),
                file.fingerprint().bytes(),
                "this very file was handled before, job " + job.id() + " ended " + job.state()
                        + ": touch it to have it handled again");
    }

    /** Metadata that cannot be used is the check's to reject: the file becomes a job all the same, so that it shows. */
    private ImageMetadata metadataOf(DroppedFile file) {
        return switch (metadata.read(file.path(), ImageLabels::labelOf)) {
            case MetadataReader.Result.Read read -> read.metadata();
            case MetadataReader.Result.Bad bad -> byDefault(file, bad.problem());
        };
    }

    private ImageMetadata byDefault(DroppedFile file, Problem problem) {
        LOG.debugf("file=%s reason=%s", LogText.of(file.path()), LogText.of(problem.message()));
        String name = file.path().substring(file.path().lastIndexOf('/') + 1);
        return new ImageMetadata(
                ImageLabels.labelOf(name),
                file.path(),
                defaults.regionOrNull(),
                defaults.tags(),
                defaults.cloudInit(),
                defaults.replicateTo(),
                0);
    }
}
