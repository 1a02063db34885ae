package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.hibernate.Session;
import org.hibernate.query.NativeQuery;
import org.jspecify.annotations.Nullable;

/** Reads of the job table. */
@ApplicationScoped
class JobRepository implements PanacheRepositoryBase<JobEntity, UUID> {
    /** Three consecutive letters or digits, the minimum that a trigram index can search for. */
    private static final Pattern TRIGRAM = Pattern.compile("[\\p{L}\\p{N}]{3}");

    /** The jobs that a wildcard without a usable index searches: the newest 10,000 and those that are not archived. */
    private static final String SHOWN = """
            WITH newest AS (
                SELECT id, state, priority, file, label, family, sha256, source_sha256, created_at FROM job ORDER BY created_at DESC, id DESC LIMIT 10000),
            shown AS (
                SELECT * FROM newest
                UNION ALL
                SELECT id, state, priority, file, label, family, sha256, source_sha256, created_at FROM job WHERE archived_at IS NULL
                    AND (created_at, id) < (SELECT created_at, id FROM newest ORDER BY created_at, id LIMIT 1))
            """;

    private volatile @Nullable Boolean trigrams;

    /** A statement with its named parameters. */
    record Statement(String sql, Map<String, Object> parameters) {}

    List<JobEntity> list(JobFilter filter) {
        Statement statement = listing(filter);
        NativeQuery<JobEntity> query =
                getEntityManager().unwrap(Session.class).createNativeQuery(statement.sql(), JobEntity.class);
        statement.parameters().forEach((name, value) -> {
            if (value instanceof Collection<?> values) {
                query.setParameterList(name, values);
            } else {
                query.setParameter(name, value);
            }
        });
        return query.list();
    }

    /**
     * Builds one branch per state, each with the limit of the filter, because an index returns the requested order only within one
     * state.
     */
    Statement listing(JobFilter filter) {
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("limit", filter.limit());
        String conditions = conditions(filter, parameters);
        List<String> states =
                filter.states().stream().map(JobState::name).sorted().toList();
        String source = isUnindexed(filter) ? "shown" : "job";
        String order = order(filter.order());
        List<String> branches = new ArrayList<>();
        for (int i = 0; i < Math.max(1, states.size()); i++) {
            if (!states.isEmpty()) {
                parameters.put("state" + i, states.get(i));
            }
            branches.add("(SELECT id FROM %s AS job WHERE %s%s ORDER BY %s LIMIT :limit)"
                    .formatted(source, conditions, states.isEmpty() ? "" : " AND state = :state" + i, order));
        }
        return new Statement(
                (source.equals("job") ? "" : SHOWN)
                        + "SELECT job.* FROM (%s) AS found JOIN job USING (id) ORDER BY %s LIMIT :limit"
                                .formatted(String.join(" UNION ALL ", branches), order),
                parameters);
    }

    private static String conditions(JobFilter filter, Map<String, Object> parameters) {
        List<String> conditions = new ArrayList<>(List.of("true"));
        if (filter.fileOrNull() != null) {
            boolean exact = filter.exactFileOrNull() != null;
            conditions.add(exact ? "md5(file) = md5(:file) AND file = :file" : "file LIKE :file ESCAPE '!'");
            parameters.put("file", exact ? filter.fileOrNull() : likePattern(filter.fileOrNull()));
        }
        if (filter.labelOrNull() != null) {
            conditions.add("label LIKE :label ESCAPE '!'");
            parameters.put("label", likePattern(filter.labelOrNull()));
        }
        if (!filter.ids().isEmpty()) {
            conditions.add("id IN (:ids)");
            parameters.put("ids", filter.ids());
        }
        if (filter.familyOrNull() != null) {
            conditions.add("family = :family");
            parameters.put("family", filter.familyOrNull());
        }
        if (filter.sha256OrNull() != null) {
            // sha256 is that of the prepared file if there is one
            conditions.add("(source_sha256 = :sha256 OR (sha256 = :sha256 AND source_sha256 IS NULL))");
            parameters.put("sha256", filter.sha256OrNull());
        }
        if (filter.sinceOrNull() != null) {
            conditions.add("created_at >= :since");
            parameters.put("since", filter.sinceOrNull());
        }
        JobFilter.Position after = filter.afterOrNull();
        if (after != null) {
            conditions.add(
                    switch (filter.order()) {
                        case NEWEST -> "(created_at, id) < (:createdAt, :id)";
                        case OLDEST -> "(created_at, id) > (:createdAt, :id)";
                        case PRIORITY ->
                            "priority <= :priority AND (priority < :priority OR (created_at, id) > (:createdAt, :id))";
                    });
            parameters.put("createdAt", after.createdAt());
            parameters.put("id", after.id());
            if (filter.order() == JobFilter.Order.PRIORITY) {
                parameters.put("priority", after.priority());
            }
        }
        return String.join(" AND ", conditions);
    }

    private static String order(JobFilter.Order order) {
        return switch (order) {
            case NEWEST -> "created_at DESC, id DESC";
            case OLDEST -> "created_at, id";
            case PRIORITY -> "priority DESC, created_at, id";
        };
    }

    /** Whether the search would have to read every row. A complete path has an index, a label has none. */
    private boolean isUnindexed(JobFilter filter) {
        String file = filter.fileOrNull();
        String label = filter.labelOrNull();
        boolean byPart = file != null && file.indexOf('*') >= 0;
        return ((byPart || label != null) && !hasTrigrams())
                || (byPart && !TRIGRAM.matcher(file).find())
                || (label != null
                        && label.indexOf('*') >= 0
                        && !TRIGRAM.matcher(label).find());
    }

    private boolean hasTrigrams() {
        Boolean known = trigrams;
        if (known == null) {
            known = (Boolean) getEntityManager()
                    .createNativeQuery("SELECT to_regclass('job_file_trigrams') IS NOT NULL", Boolean.class)
                    .getSingleResult();
            trigrams = known;
        }
        return known;
    }

    private static String likePattern(String wildcard) {
        return wildcard.replace("!", "!!").replace("%", "!%").replace("_", "!_").replace('*', '%');
    }
}
