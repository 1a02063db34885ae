package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Reads of the job table. */
@ApplicationScoped
class JobRepository implements PanacheRepositoryBase<JobEntity, UUID> {

    /** The row if its lease is still the one of the given epoch, locked to the end of the transaction. */
    Optional<JobEntity> lockHeld(UUID id, long leaseEpoch) {
        return find("id = ?1 and leaseEpoch = ?2 and instance is not null", id, leaseEpoch)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResultOptional();
    }

    /** The row, locked to the end of the transaction. */
    Optional<JobEntity> lock(UUID id) {
        return findByIdOptional(id, LockModeType.PESSIMISTIC_WRITE);
    }

    List<JobEntity> list(JobFilter filter) {
        List<String> conditions = new ArrayList<>();
        Map<String, Object> parameters = new HashMap<>();
        if (!filter.states().isEmpty()) {
            conditions.add("state in :states");
            parameters.put("states", List.<JobState>copyOf(filter.states()));
        }
        if (filter.fileOrNull() != null) {
            boolean exact = filter.fileOrNull().indexOf('*') < 0;
            // the index on paths is one on their hashes; HQL's own md5 makes bytes of them, which no index is on
            conditions.add(
                    exact
                            ? "sql('md5(?)', file) = sql('md5(?)', :file) and file = :file"
                            : "file like :file escape '!'");
            parameters.put("file", exact ? filter.fileOrNull() : likePattern(filter.fileOrNull()));
        }
        if (filter.labelOrNull() != null) {
            conditions.add("label like :label escape '!'");
            parameters.put("label", likePattern(filter.labelOrNull()));
        }
        JobFilter.Position after = filter.afterOrNull();
        if (after != null) {
            conditions.add(
                    switch (filter.order()) {
                        case NEWEST -> "(createdAt, id) < (:createdAt, :id)";
                        case OLDEST -> "(createdAt, id) > (:createdAt, :id)";
                        case PRIORITY ->
                            "(priority < :priority or priority = :priority and (createdAt, id) > (:createdAt, :id))";
                    });
            parameters.put("createdAt", after.createdAt());
            parameters.put("id", after.id());
            if (filter.order() == JobFilter.Order.PRIORITY) {
                parameters.put("priority", after.priority());
            }
        }
        String order = switch (filter.order()) {
            case NEWEST -> "createdAt desc, id desc";
            case OLDEST -> "createdAt, id";
            case PRIORITY -> "priority desc, createdAt, id";
        };
        String where = conditions.isEmpty() ? "" : "where " + String.join(" and ", conditions) + " ";
        return find("from JobEntity " + where + "order by " + order, parameters)
                .page(0, filter.limit())
                .list();
    }

    private static String likePattern(String wildcard) {
        return wildcard.replace("!", "!!").replace("%", "!%").replace("_", "!_").replace('*', '%');
    }
}
