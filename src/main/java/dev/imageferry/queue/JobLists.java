package dev.imageferry.queue;

import dev.imageferry.job.Job;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.hibernate.Session;
import org.hibernate.query.NativeQuery;

/** Reads jobs and their history for REST, the page and the event stream. */
@ApplicationScoped
@Unremovable
public class JobLists {
    private static final Duration SHOWN_AFTER_ARCHIVING = Duration.ofMinutes(1);

    private final EntityManager entities;
    private final JobRepository jobs;

    JobLists(EntityManager entities, JobRepository jobs) {
        this.entities = entities;
        this.jobs = jobs;
    }

    /** Returns a page of jobs. Only the last page can be shorter than the limit of the filter. */
    @Transactional
    public List<Job> list(JobFilter filter) {
        return jobs.list(filter).stream().map(JobEntity::toJob).toList();
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
                .map(JobEntity::toJob)
                .toList();
    }
}
