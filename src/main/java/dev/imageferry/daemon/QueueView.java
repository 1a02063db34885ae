package dev.imageferry.daemon;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import dev.imageferry.job.UploadProgress;
import dev.imageferry.linode.HttpLinodeImages;
import dev.imageferry.queue.AttentionList;
import dev.imageferry.queue.EndedList;
import dev.imageferry.queue.FamilyList;
import dev.imageferry.queue.HistoryEntry;
import dev.imageferry.queue.JobControl;
import dev.imageferry.queue.JobFilter;
import dev.imageferry.queue.JobLists;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.Offers;
import dev.imageferry.queue.QueueCounts;
import dev.imageferry.queue.QueueWatch;
import dev.imageferry.worker.Blocked;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.JobRun;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** The data that REST, the page and the health checks show. */
@ApplicationScoped
public class QueueView {
    private static final int UNFINISHED_SHOWN = 500;
    private static final DateTimeFormatter HOUR_AND_MINUTE =
            DateTimeFormatter.ofPattern("HH:mm").withZone(ZoneId.systemDefault());

    private final JobQueue queue;
    private final JobLists lists;
    private final JobControl control;
    private final Offers offers;
    private final QueueWatch queueWatch;
    private final Daemon daemon;
    private final BandwidthShare share;
    private final Gates gates;
    private final ChangeCounter changes;
    private final HttpLinodeImages linode;
    private final AttentionList attention;
    private final EndedList ended;
    private final FamilyList families;
    private final Composition.Settings settings;
    private final String version;

    QueueView(
            JobQueue queue,
            JobLists lists,
            JobControl control,
            Offers offers,
            QueueWatch queueWatch,
            Daemon daemon,
            BandwidthShare share,
            Gates gates,
            ChangeCounter changes,
            HttpLinodeImages linode,
            AttentionList attention,
            EndedList ended,
            FamilyList families,
            Composition.Settings settings,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        this.queue = queue;
        this.lists = lists;
        this.control = control;
        this.offers = offers;
        this.queueWatch = queueWatch;
        this.daemon = daemon;
        this.share = share;
        this.gates = gates;
        this.changes = changes;
        this.linode = linode;
        this.attention = attention;
        this.ended = ended;
        this.families = families;
        this.settings = settings;
        this.version = version;
    }

    /** A page of jobs, and the position of the next page; null on the last page. */
    public record Page(List<JobView> items, JobFilter.@Nullable Position nextOrNull) {
        public Page {
            items = List.copyOf(items);
        }
    }

    /**
     * The answer of {@code GET /summary}.
     *
     * @param monthlyCost dollars a month for all images of the queue that are at Linode
     */
    public record Summary(
            Map<JobState, Long> jobs,
            QueueCounts.Totals totals,
            double monthlyCost,
            long uploadsInProgress,
            long bytesPerSecond,
            List<Long> throughput,
            long oldestWaitingSeconds,
            boolean paused,
            List<Blocked> blocked,
            List<QueueCounts.Instance> instances,
            QueueBandwidth bandwidth,
            boolean simulated,
            String version,
            String dropDirectory) {}

    /**
     * The jobs that need a person.
     *
     * @param first the newest of them
     * @param total how many there are
     */
    public record Attention(List<JobView> first, int total) {}

    /**
     * A file in the folder that is not a job.
     *
     * @param status {@code settling} or {@code ignored}
     */
    public record DropFile(String file, long bytes, String status, String reason) {}

    /** Runs several reads of jobs, which see the same state of the queue, so that each job is in one state in all of them. */
    public <T> T inOneSnapshot(Supplier<T> reads) {
        return lists.inOneSnapshot(reads);
    }

    public Page list(JobFilter filter) {
        JobLists.Page page = lists.page(filter);
        return new Page(page.jobs().stream().map(this::view).toList(), page.nextOrNull());
    }

    public Optional<JobView> find(UUID id) {
        return queue.find(id).map(this::view);
    }

    /**
     * A family.
     *
     * @param keep how many images its newest job keeps; null for all
     * @param kept the number of its images at Linode
     * @param retired the number of its images that were deleted
     * @param newest its newest job whose image can be deployed
     */
    public record Family(String name, @Nullable Integer keep, long kept, long retired, JobView newest) {}

    /** The families that have an image, by name. */
    public List<Family> families() {
        return families.all().stream()
                .map(family -> new Family(
                        family.name(),
                        family.newest().metadata().keepOrNull(),
                        family.kept(),
                        family.retired(),
                        view(family.newest())))
                .toList();
    }

    /** The newest job of each family whose image can be deployed, by name of the family, up to {@code limit}. */
    public List<JobView> newestOfFamilies(int limit) {
        return families.newest(limit).stream().map(this::view).toList();
    }

    /** The newest job of a family whose image can be deployed. */
    public Optional<JobView> latest(String family) {
        return families.latest(family).map(this::view);
    }

    /** The history of a job, oldest entry first; empty if there is no such job. */
    public Optional<List<HistoryEntry>> history(UUID id) {
        List<HistoryEntry> entries = lists.history(id);
        return entries.isEmpty() ? Optional.empty() : Optional.of(entries);
    }

    public Summary summary() {
        QueueCounts counts = queueWatch.counts();
        return new Summary(
                counts.jobs(),
                counts.totals(),
                JobView.monthlyCost(counts.imageBytes(), settings.limits().pricePerGb()),
                counts.uploadsInProgress(),
                daemon.throughput().bytesPerSecond(),
                daemon.throughput().lastSeconds(),
                counts.oldestWaiting().toSeconds(),
                counts.paused(),
                gates.blocked(),
                counts.instances(),
                share.now(counts.bandwidthOrNull()),
                linode.simulated(),
                version,
                dropDirectory().toString());
    }

    private Path dropDirectory() {
        return daemon.service()
                .map(service -> service.folder().root())
                .orElseGet(() -> settings.drop().directory().toAbsolutePath().normalize());
    }

    /** Returns the newest jobs that need a person, at most {@code limit}. */
    public Attention attention(int limit) {
        AttentionList.Found found = attention.find(limit);
        return new Attention(found.first().stream().map(this::view).toList(), found.total());
    }

    /**
     * Ended jobs, the one that ended last first.
     *
     * @param nextOrNull the position of the next page; null on the last page
     */
    public record EndedPage(List<JobView> items, EndedList.@Nullable Position nextOrNull) {}

    /** Returns a page of ended jobs. */
    public EndedPage ended(int limit, EndedList.@Nullable Position after) {
        EndedList.Page page = ended.list(limit, after);
        return new EndedPage(page.jobs().stream().map(this::view).toList(), page.nextOrNull());
    }

    /** Counts the jobs that match the filter, at most as many as its limit. */
    public long count(JobFilter filter) {
        return lists.count(filter);
    }

    /** Returns where the file of a job is now; empty if there is no such job. */
    public Optional<FileLocation> fileLocation(UUID id) {
        return queue.find(id)
                .map(job -> daemon.service()
                        .map(FolderService::folder)
                        .filter(folder -> folder.id().equals(job.folderId()))
                        .map(folder -> FileLocation.of(
                                job, folder.root(), settings.drop().whenDone()))
                        .orElseGet(() -> FileLocation.elsewhere(job)));
    }

    /** The bandwidth limit set for the whole queue; empty if {@code imageferry.upload.bandwidth} applies. */
    public Optional<String> bandwidth() {
        return control.bandwidth();
    }

    /** The files in the folder that are not jobs, and those whose check waits for the rest of the file. */
    public List<DropFile> dropFiles() {
        List<DropFile> files = new ArrayList<>();
        daemon.service()
                .ifPresent(service -> offers.unfinished(service.folder().id(), UNFINISHED_SHOWN)
                        .forEach(job -> files.add(new DropFile(
                                job.file(),
                                job.fingerprint().bytes(),
                                "settling",
                                "still being written, will be rejected at " + HOUR_AND_MINUTE.format(job.nextRunAt())
                                        + " unless it changes"))));
        files.addAll(filesWithoutJob());
        return files;
    }

    /** The files in the folder that are not jobs. */
    public List<DropFile> filesWithoutJob() {
        List<DropFile> files = new ArrayList<>();
        Intake.Seen seen = daemon.seen();
        String settling =
                "unchanged for less than " + settings.drop().settle().toSeconds() + " s (imageferry.drop.settle)";
        seen.settling()
                .forEach(file ->
                        files.add(new DropFile(file.path(), file.fingerprint().bytes(), "settling", settling)));
        seen.unfinished()
                .forEach(file -> files.add(new DropFile(file.file(), file.bytes(), "settling", file.reason())));
        seen.ignored()
                .forEach(ignored ->
                        files.add(new DropFile(ignored.file(), ignored.bytes(), "ignored", ignored.reason())));
        return files;
    }

    /** The closed gates. Works without the database. */
    public List<Blocked> blocked() {
        return gates.blocked();
    }

    /** Why the scans of the drop folder count as stopped; empty while they run regularly. Works without the database. */
    public Optional<String> walksStandstill() {
        return daemon.walksStandstill();
    }

    /** Whether the daemon has migrated the schema and opened the folder. */
    public boolean isStarted() {
        return daemon.service().isPresent();
    }

    /**
     * Whether the drop folder of this instance has a file at this path that will become a job, but is none yet. Reads the folder,
     * because the last scan may be older than the file.
     */
    public boolean isSettling(String path) {
        return daemon.service()
                .filter(service -> service.intake().isSettling(path))
                .isPresent();
    }

    /** A counter of the changes that this instance has made to jobs. */
    public long changes() {
        return changes.count();
    }

    /** The view of a job, with the progress of its PUT if it runs on this instance. */
    public JobView view(Job job) {
        @Nullable
        UploadProgress running = daemon.run(job.id())
                .filter(run -> run.job().leaseEpoch() == job.leaseEpoch())
                .flatMap(JobRun::progress)
                .orElse(null);
        return JobView.of(job, settings.terms(), running);
    }
}
