package dev.imageferry.queue;

import dev.imageferry.job.Job;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.hibernate.Session;
import org.hibernate.query.NativeQuery;
import org.jspecify.annotations.Nullable;

/** Lists ended jobs, the one that ended last first. */
@ApplicationScoped
@Unremovable
public class EndedList {
    static final String ENDED =
            "SELECT * FROM job WHERE outcome_at IS NOT NULL%s ORDER BY outcome_at DESC, id DESC LIMIT :limit";
    static final String AFTER = " AND (outcome_at, id) < (:endedAt, :id)";

    private final EntityManager entities;

    EndedList(EntityManager entities) {
        this.entities = entities;
    }

    /** The sort key of an ended job. */
    public record Position(Instant endedAt, UUID id) {}

    /**
     * A page of ended jobs, without those that only a newer version can read.
     *
     * @param nextOrNull the end of this page; null on the last page
     */
    public record Page(List<Job> jobs, @Nullable Position nextOrNull) {}

    /** Returns at most {@code limit} ended jobs after the position, or the first ones. */
    @Transactional
    public Page list(int limit, @Nullable Position after) {
        NativeQuery<JobEntity> query = entities.unwrap(Session.class)
                .createNativeQuery(ENDED.formatted(after == null ? "" : AFTER), JobEntity.class)
                .setParameter("limit", limit + 1); // one more shows whether there is a next page
        if (after != null) {
            query.setParameter("endedAt", after.endedAt()).setParameter("id", after.id());
        }
        List<JobEntity> found = query.list();
        List<JobEntity> page = found.subList(0, Math.min(limit, found.size()));
        JobEntity last = found.size() > limit ? page.getLast() : null;
        return new Page(
                page.stream().map(JobEntity::readable).flatMap(Optional::stream).toList(),
                last == null ? null : new Position(Objects.requireNonNull(last.outcomeAt), last.id));
    }
}
