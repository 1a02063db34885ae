package dev.imageferry.daemon;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import dev.imageferry.queue.EndedList;
import dev.imageferry.queue.HistoryEntry;
import dev.imageferry.queue.JobFilter;
import dev.imageferry.queue.JobFilter.Order;
import dev.imageferry.queue.QueueCounts;
import dev.imageferry.worker.Blocked;
import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A queue view in memory for REST tests, with answers that the real one rarely gives. It is in this package because the
 * constructor of its superclass is package-private.
 */
@Alternative
@Singleton
public class StagedQueueView extends QueueView {
    public static final Instant CREATED = Instant.parse("2026-11-24T02:10:08.123456Z");

    private final Map<UUID, JobView> jobs = new ConcurrentHashMap<>();
    private final AtomicLong changes = new AtomicLong();
    private final AtomicInteger lists = new AtomicInteger();
    private final List<Blocked> blocked = new CopyOnWriteArrayList<>();
    private volatile boolean started = true;
    private volatile @Nullable String standstill;
    private volatile @Nullable RuntimeException failure;
    private volatile @Nullable CountDownLatch summaryEntered;
    private volatile @Nullable CountDownLatch summaryLeave;
    private volatile @Nullable CountDownLatch findLeave;

    @SuppressWarnings("NullAway") // the dependencies of the superclass are not used
    public StagedQueueView() {
        super(null, null, null, null, null, null, null, null, null, null, null, null, null, null, "1.2.3");
    }

    public void reset() {
        jobs.clear();
        blocked.clear();
        started = true;
        standstill = null;
        failure = null;
        summaryEntered = null;
        summaryLeave = null;
        findLeave = null;
    }

    /** Makes each summary request count down {@code entered} and wait for {@code leave}. */
    public void holdSummaries(CountDownLatch entered, CountDownLatch leave) {
        summaryEntered = entered;
        summaryLeave = leave;
    }

    /** Makes each lookup of a job wait for {@code leave}. */
    public void holdFinds(CountDownLatch leave) {
        findLeave = leave;
    }

    private static void await(@Nullable CountDownLatch latch) {
        if (latch == null) {
            return;
        }
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Adds a job without counting a change, as another instance would. */
    public void putSilently(JobView job) {
        jobs.put(job.id(), job);
    }

    public void put(JobView job) {
        putSilently(job);
        changes.incrementAndGet();
    }

    public void block(String gate, String reason) {
        blocked.add(new Blocked(gate, reason, CREATED));
    }

    public void setStarted(boolean value) {
        started = value;
    }

    public void standStill(String reason) {
        standstill = reason;
    }

    public void failWith(RuntimeException exception) {
        failure = exception;
    }

    public int lists() {
        return lists.get();
    }

    /** Creates a job with as few fields as its state allows. */
    public static JobView job(String file, JobState state, int secondsAfter) {
        Instant created = CREATED.plusSeconds(secondsAfter);
        return new JobView(
                UUID.randomUUID(),
                file,
                state,
                "label of " + file,
                "description",
                null,
                List.of(),
                false,
                List.of(),
                null,
                null,
                0,
                1000,
                null,
                null,
                null,
                null,
                null,
                new JobView.ProgressView(500, 50.0, null, null),
                0,
                8,
                null,
                null,
                null,
                false,
                created,
                null,
                state.isEnd() ? created : null,
                created);
    }

    public static JobView in(JobState state, JobView job) {
        return new JobView(
                job.id(),
                job.file(),
                state,
                job.label(),
                job.description(),
                job.region(),
                job.tags(),
                job.cloudInit(),
                job.replicateTo(),
                job.family(),
                job.keep(),
                job.priority(),
                job.compressedBytes(),
                job.uncompressedBytes(),
                job.monthlyCost(),
                job.sha256(),
                job.contents(),
                job.image(),
                job.progress(),
                job.attempt(),
                job.maxAttempts(),
                job.nextAttemptAt(),
                job.error(),
                job.instance(),
                job.archived(),
                job.createdAt(),
                job.startedAt(),
                job.finishedAt(),
                job.updatedAt());
    }

    private void answerOrFail() {
        RuntimeException exception = failure;
        if (exception != null) {
            throw exception;
        }
    }

    @Override
    public <T> T inOneSnapshot(Supplier<T> reads) {
        return reads.get();
    }

    @Override
    @SuppressWarnings("NullAway") // does not see that the component of another file's record is nullable
    public Page list(JobFilter filter) {
        lists.incrementAndGet();
        answerOrFail();
        JobFilter.Position after = filter.afterOrNull();
        Comparator<JobView> oldest = Comparator.comparing(JobView::createdAt);
        List<JobView> matches = jobs.values().stream()
                .filter(job -> filter.states().isEmpty() || filter.states().contains(job.state()))
                .filter(matches(filter.fileOrNull(), JobView::file))
                .filter(matches(filter.labelOrNull(), JobView::label))
                .filter(job -> after == null
                        || (filter.order() == Order.NEWEST
                                ? job.createdAt().isBefore(after.createdAt())
                                : job.createdAt().isAfter(after.createdAt())))
                .sorted(filter.order() == Order.NEWEST ? oldest.reversed() : oldest)
                .toList();
        List<JobView> page = matches.stream().limit(filter.limit()).toList();
        return new Page(page, matches.size() > page.size() ? position(page.getLast()) : null);
    }

    private static JobFilter.Position position(JobView job) {
        return new JobFilter.Position(job.priority(), job.createdAt(), job.id());
    }

    private static Predicate<JobView> matches(
            @Nullable String wildcard, java.util.function.Function<JobView, String> text) {
        return wildcard == null
                ? job -> true
                : job -> Pattern.matches("\\Q" + wildcard.replace("*", "\\E.*\\Q") + "\\E", text.apply(job));
    }

    @Override
    public Optional<JobView> find(UUID id) {
        await(findLeave);
        answerOrFail();
        return Optional.ofNullable(jobs.get(id));
    }

    @Override
    public Optional<List<HistoryEntry>> history(UUID id) {
        return find(id).map(job -> List.of(
                new HistoryEntry(job.createdAt(), null, JobState.QUEUED, 0, null, "file has settled"),
                new HistoryEntry(
                        job.createdAt().plusSeconds(1), JobState.QUEUED, JobState.CHECKING, 1, "here", "claimed")));
    }

    @Override
    public Summary summary() {
        CountDownLatch entered = summaryEntered;
        if (entered != null) {
            entered.countDown();
        }
        await(summaryLeave);
        answerOrFail();
        Map<JobState, Long> counts = new EnumMap<>(JobState.class);
        for (JobState state : JobState.values()) {
            counts.put(
                    state,
                    jobs.values().stream().filter(job -> job.state() == state).count());
        }
        return new Summary(
                counts,
                new QueueCounts.Totals(10, 20, Map.of(JobState.AVAILABLE, 1L, JobState.FAILED, 0L)),
                12.5,
                1,
                1000,
                Collections.nCopies(120, 1000L),
                7,
                false,
                List.copyOf(blocked),
                List.of(new QueueCounts.Instance("here", new UUID(1, 2), CREATED, CREATED)),
                new QueueBandwidth("10M", new QueueBandwidth.Change(Instant.parse("2026-11-30T17:00:00Z"), "off")),
                true,
                "1.2.3",
                "/srv/drop");
    }

    @Override
    public Attention attention(int limit) {
        return new Attention(List.of(), 0);
    }

    @Override
    public List<JobView> newestOfFamilies(int limit) {
        return List.of();
    }

    @Override
    public EndedPage ended(int limit, EndedList.@Nullable Position after) {
        return new EndedPage(
                jobs.values().stream().filter(job -> job.state().isEnd()).toList(), null);
    }

    @Override
    public long count(JobFilter filter) {
        return list(filter).items().size();
    }

    @Override
    public Optional<FileLocation> fileLocation(UUID id) {
        return find(id).map(job -> new FileLocation("/srv/drop/" + job.file(), ""));
    }

    @Override
    public Optional<String> bandwidth() {
        answerOrFail();
        return Optional.of("10M");
    }

    @Override
    public List<DropFile> dropFiles() {
        return List.of(new DropFile("<script>.img", 7, "ignored", "raw image: compress it with gzip"));
    }

    @Override
    public List<DropFile> filesWithoutJob() {
        return dropFiles();
    }

    @Override
    public boolean isSettling(String path) {
        return false;
    }

    @Override
    public List<Blocked> blocked() {
        return List.copyOf(blocked);
    }

    @Override
    public Optional<String> walksStandstill() {
        return Optional.ofNullable(standstill);
    }

    @Override
    public boolean isStarted() {
        return started;
    }

    @Override
    public long changes() {
        return changes.get();
    }

    @Override
    public JobView view(Job job) {
        throw new UnsupportedOperationException("no job is read elsewhere");
    }
}
