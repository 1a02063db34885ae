package dev.imageferry.queue;

import dev.imageferry.job.Job;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;

/** Reads the families for REST and the page. The newest job of a family is the one that was created last, whenever its image was available. */
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

    /** Finds the next name by the index, so that the time does not depend on the number of jobs. */
    static final String NEWEST = """
            WITH RECURSIVE name (family) AS (
                SELECT min(family) FROM job WHERE family IS NOT NULL
                UNION ALL SELECT (SELECT min(family) FROM job WHERE family > name.family) FROM name WHERE name.family IS NOT NULL)
            SELECT newest.* FROM name CROSS JOIN LATERAL (
                SELECT * FROM job WHERE family = name.family AND %s ORDER BY %s LIMIT 1) AS newest
            LIMIT :limit
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
