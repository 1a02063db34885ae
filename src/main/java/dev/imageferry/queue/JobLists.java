package dev.imageferry.queue;

import dev.imageferry.job.Job;
import dev.imageferry.queue.JobFilter.Order;
import dev.imageferry.queue.JobFilter.Position;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.hibernate.Session;
import org.hibernate.query.NativeQuery;
import org.jspecify.annotations.Nullable;

/** Reads jobs and their history for REST, the page and the event stream. */
@ApplicationScoped
@Unremovable
public class JobLists {
    private static final Duration SHOWN_AFTER_ARCHIVING = Duration.ofMinutes(1);

    private static final int IDS_AT_ONCE = 1000;

    private final EntityManager entities;
    private final JobRepository jobs;

    JobLists(EntityManager entities, JobRepository jobs) {
        this.entities = entities;
        this.jobs = jobs;
    }

    /**
     * A page of jobs, without those that only a newer version can read.
     *
     * @param nextOrNull the end of this page; null on the last page
     */
    public record Page(List<Job> jobs, @Nullable Position nextOrNull) {}

    /** Runs several reads, which see the same state of the queue. */
    @Transactional
    public <T> T inOneSnapshot(Supplier<T> reads) {
        entities.createNativeQuery(QueueDatabase.ONE_SNAPSHOT).executeUpdate();
        return reads.get();
    }

    /** Returns a page of jobs. */
    @Transactional
    public Page page(JobFilter filter) {
        // one more than requested shows whether there is a next page
        List<JobEntity> found = jobs.list(filter.page(filter.order(), filter.limit() + 1, filter.afterOrNull()));
        boolean isLast = found.size() <= filter.limit();
        List<JobEntity> page = isLast ? found : found.subList(0, filter.limit());
        JobEntity last = isLast ? null : page.getLast();
        return new Page(
                page.stream().map(JobEntity::readable).flatMap(Optional::stream).toList(),
                last == null ? null : new Position(last.priority, last.createdAt, last.id));
    }

    /** Returns the ids of all jobs that the filter selects, oldest first, whatever its page. */
    @Transactional
    public List<UUID> ids(JobFilter filter) {
        List<UUID> ids = new ArrayList<>();
        Position after = null;
        do {
            Page page = page(filter.page(Order.OLDEST, IDS_AT_ONCE, after));
            page.jobs().forEach(job -> ids.add(job.id()));
            after = page.nextOrNull();
        } while (after != null);
        return ids;
    }

    /** Counts the jobs that match the filter, at most as many as its limit. */
    @Transactional
    public long count(JobFilter filter) {
        JobRepository.Statement listing = jobs.listing(filter);
        NativeQuery<Long> query = entities.unwrap(Session.class)
                .createNativeQuery("SELECT count(*) FROM (" + listing.sql() + ") AS matching", Long.class);
        listing.parameters().forEach(query::setParameter);
        return query.getSingleResult();
    }

    /** Returns the history of a job, oldest entry first. */
    @Transactional
    public List<HistoryEntry> history(UUID id) {
        return entities.createQuery("from HistoryEntity where jobId = :id order by id", HistoryEntity.class)
                .setParameter("id", id)
                .getResultStream()
                .map(HistoryEntity::toEntry)
                .toList();
    }

    /** Returns the jobs that changed since a time, oldest first. Excludes jobs archived more than a minute ago. */
    @Transactional
    public List<Job> writtenSince(Instant since) {
        Instant now = (Instant)
                entities.createNativeQuery("SELECT now()", Instant.class).getSingleResult();
        return jobs
                .find(
                        "(archivedAt is null or archivedAt > ?1) and updatedAt > ?2 order by createdAt, id",
                        now.minus(SHOWN_AFTER_ARCHIVING),
                        since)
                .stream()
                .map(JobEntity::readable)
                .flatMap(Optional::stream)
                .toList();
    }
}
