package dev.imageferry.queue;

import dev.imageferry.job.Job;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;

/**
 * Reads the families for REST and the page. The newest job of a family is the one that was created last, whenever its image was
 * available.
 */
@ApplicationScoped
@Unremovable
public class FamilyList {
    static final String ALL = """
            SELECT counts.kept_images, counts.retired_images, newest.*
            FROM (
                SELECT family, count(DISTINCT image_id) FILTER (WHERE retired_at IS NULL) AS kept_images,
                    count(DISTINCT image_id) FILTER (WHERE retired_at IS NOT NULL) AS retired_images
                FROM job WHERE family IS NOT NULL AND state = 'AVAILABLE' AND image_id IS NOT NULL
                GROUP BY family) AS counts
            CROSS JOIN LATERAL (
                SELECT * FROM job WHERE family = counts.family AND %s ORDER BY %s LIMIT 1) AS newest
            ORDER BY counts.family
            """.formatted(FamilyImages.IS_KEPT, FamilyImages.NEWEST_FIRST);

    static final String LATEST = "SELECT * FROM job WHERE family = :family AND " + FamilyImages.IS_KEPT + " ORDER BY "
            + FamilyImages.NEWEST_FIRST + " LIMIT 1";

    /** Each round reads the next family from the index, so the time does not depend on the number of jobs or families. */
    static final String NEWEST = """
            WITH RECURSIVE newest AS (
                (SELECT job.*, 1 AS place FROM job WHERE %1$s ORDER BY family, %2$s LIMIT 1)
                UNION ALL
                SELECT following.*, newest.place + 1 FROM newest CROSS JOIN LATERAL (
                    SELECT * FROM job WHERE family > newest.family AND %1$s ORDER BY family, %2$s LIMIT 1) AS following
                WHERE newest.place < :limit)
            SELECT * FROM newest ORDER BY place
            """.formatted(FamilyImages.IS_KEPT, FamilyImages.NEWEST_FIRST);

    private final Jdbi jdbi;

    FamilyList(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * A family.
     *
     * @param kept the number of its images that are at Linode
     * @param retired the number of its images that were deleted
     * @param newest its newest job whose image can be deployed
     */
    public record Family(String name, long kept, long retired, Job newest) {}

    /** Returns the families that have an image, by name. */
    public List<Family> all() {
        return jdbi.withHandle(handle -> handle.createQuery(ALL)
                .map((row, context) -> new Family(
                        row.getString("family"),
                        row.getLong("kept_images"),
                        row.getLong("retired_images"),
                        JobRow.read(row)))
                .list());
    }

    /** Returns the newest job of each family whose image can be deployed, by name of the family, up to {@code limit}. */
    public List<Job> newest(int limit) {
        return jdbi.withHandle(handle ->
                handle.createQuery(NEWEST).bind("limit", limit).mapTo(Job.class).list());
    }

    /** Returns the newest job of the family whose image can be deployed. */
    public Optional<Job> latest(String family) {
        return jdbi.withHandle(handle -> handle.createQuery(LATEST)
                .bind("family", family)
                .mapTo(Job.class)
                .findOne());
    }
}
