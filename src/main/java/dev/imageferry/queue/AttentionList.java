package dev.imageferry.queue;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.hibernate.Session;

/**
 * Finds the jobs that need a person: stalled copies, files that cannot be archived, and failures of the last seven days. A failure
 * is settled as soon as its job is retried or a newer job has the same file.
 */
@ApplicationScoped
@Unremovable
public class AttentionList {
    /** Bounds the work on a table with very many failures. */
    private static final int EXAMINED = 500;

    private static final String REJECTING = Arrays.stream(ErrorCode.values())
            .filter(code -> code.consequence() == ErrorCode.Consequence.REJECT)
            .map(code -> "'" + code.wireName() + "'")
            .collect(Collectors.joining(", "));

    /** The condition on the outcome is that of the index {@code job_failure}. */
    static final String UNSETTLED = """
            WITH failure AS (
                SELECT id, folder_id, file, created_at, outcome_at AS since FROM job
                WHERE (state IN ('FAILED', 'REJECTED') OR (state = 'CANCELLED' AND error_code = 'image-vanished'))
                    AND outcome_at > now() - interval '7 days'
                ORDER BY outcome_at DESC LIMIT %1$d),
            found AS (
                (SELECT id, outcome_at AS since FROM job
                    WHERE state IN ('AVAILABLE', 'REJECTED', 'FAILED', 'CANCELLED') AND archived_at IS NULL
                        AND outcome_at < now() - interval '1 minute' LIMIT %1$d)
                UNION
                (SELECT id, error_since AS since FROM job
                    WHERE state IN ('CONVERTING', 'CHECKING') AND archived_at IS NULL AND instance IS NULL AND error_code IN (%2$s))
                UNION
                SELECT id, since FROM failure WHERE NOT EXISTS (
                    SELECT FROM job AS newer
                    WHERE md5(newer.file) = md5(failure.file) AND newer.file = failure.file
                        AND newer.folder_id = failure.folder_id AND newer.created_at > failure.created_at))
            SELECT id FROM found ORDER BY since DESC, id
            """.formatted(EXAMINED, REJECTING);

    private final EntityManager entities;
    private final JobRepository jobs;

    AttentionList(EntityManager entities, JobRepository jobs) {
        this.entities = entities;
        this.jobs = jobs;
    }

    /**
     * The jobs that need a person.
     *
     * @param first the newest of them
     * @param total how many there are
     */
    public record Found(List<Job> first, int total) {
        public Found {
            first = List.copyOf(first);
        }
    }

    /** Returns the newest jobs that need a person, at most {@code limit}. */
    @Transactional
    public Found find(int limit) {
        List<UUID> ids = entities.unwrap(Session.class)
                .createNativeQuery(UNSETTLED, UUID.class)
                .list();
        List<UUID> shown = ids.subList(0, Math.min(limit, ids.size()));
        Map<UUID, Job> found = jobs.list("id in ?1", shown).stream()
                .map(JobEntity::readable)
                .flatMap(Optional::stream)
                .collect(Collectors.toMap(Job::id, Function.identity()));
        return new Found(
                shown.stream().filter(found::containsKey).map(found::get).toList(), ids.size());
    }
}
