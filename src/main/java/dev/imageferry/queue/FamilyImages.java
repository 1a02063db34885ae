package dev.imageferry.queue;

import dev.imageferry.job.Job;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * The images of families, as retention reads and retires them. An image is retired in two writes: {@code retired_reason} before
 * the call to Linode, which nothing takes back, and {@code retired_at} after it.
 */
@ApplicationScoped
@Unremovable
public class FamilyImages {
    /** Matches the jobs of families whose image is neither retired nor about to be. */
    static final String IS_KEPT =
            "family IS NOT NULL AND state = 'AVAILABLE' AND image_id IS NOT NULL AND retired_reason IS NULL";

    /** An image whose deletion has begun. */
    private static final String IS_RETIRING =
            "family IS NOT NULL AND state = 'AVAILABLE' AND retired_reason IS NOT NULL AND retired_at IS NULL";

    /** The instance that began the deletion can be at work on it for the duration of a lease. */
    private static final String IS_ABANDONED = "updated_at < now() - make_interval(secs => :lease)";

    static final String NEWEST_FIRST = "created_at DESC, id DESC";

    static final String DUE = """
            SELECT family FROM (
                SELECT family, (array_agg(keep ORDER BY %s))[1] AS keep, count(DISTINCT image_id) AS images
                FROM job WHERE %s GROUP BY family) AS kept
            WHERE images > keep
            UNION
            SELECT family FROM job WHERE %s AND %s
            ORDER BY family
            """.formatted(NEWEST_FIRST, IS_KEPT, IS_RETIRING, IS_ABANDONED);

    private static final String ADD_HISTORY = """
            INSERT INTO job_history (job_id, at, from_state, to_state, attempt, instance, detail)
            SELECT id, now(), state, state, attempt, :instance, :detail FROM job WHERE id = ANY (:ids)
            """;

    private final Jdbi jdbi;
    private final String instance;
    private final double leaseSeconds;

    FamilyImages(Jdbi jdbi, InstanceName instance, LeaseSettings lease) {
        this.jdbi = jdbi;
        this.instance = instance.value();
        this.leaseSeconds = JobRow.seconds(lease.duration());
    }

    /** Returns the families that have more images than their newest job keeps, and those with an unfinished deletion. */
    public List<String> due() {
        return jdbi.withHandle(handle -> handle.createQuery(DUE)
                .bind("lease", leaseSeconds)
                .mapTo(String.class)
                .list());
    }

    /** Returns the AVAILABLE jobs of the family whose image is neither retired nor about to be, newest first. */
    public List<Job> kept(String family) {
        return jdbi.withHandle(handle -> kept(handle, family));
    }

    private static List<Job> kept(Handle handle, String family) {
        return handle.createQuery(
                        "SELECT * FROM job WHERE family = :family AND " + IS_KEPT + " ORDER BY " + NEWEST_FIRST)
                .bind("family", family)
                .mapTo(Job.class)
                .list();
    }

    /** Returns the jobs of the family whose image an instance began to delete and did not finish in time, newest first. */
    public List<Job> abandoned(String family) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT * FROM job WHERE family = :family AND "
                        + IS_RETIRING + " AND " + IS_ABANDONED + " ORDER BY " + NEWEST_FIRST)
                .bind("family", family)
                .bind("lease", leaseSeconds)
                .mapTo(Job.class)
                .list());
    }

    /** Returns the jobs with these ids. */
    public List<Job> find(Collection<UUID> ids) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT * FROM job WHERE id = ANY (:ids)")
                .bindArray("ids", UUID.class, ids)
                .mapTo(Job.class)
                .list());
    }

    /** Returns which of these images a job of the family holds, in whatever state. */
    public Set<String> held(String family, Collection<String> images) {
        return new HashSet<>(jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT image_id FROM job WHERE family = :family AND image_id = ANY (:images)")
                .bind("family", family)
                .bindArray("images", String.class, images)
                .mapTo(String.class)
                .list()));
    }

    /**
     * Commits that the image of this job is about to be deleted, so that no later job gets it by deduplication. Refuses if a job
     * that is not an AVAILABLE job of this family holds the image, or if a job in progress can be about to use it.
     *
     * @param maker the job that created the image, as it was when the decision was made
     * @param isBeyond evaluates the decision again for the present {@link #kept} jobs
     * @return whether the image is to be deleted
     */
    public boolean intend(Job maker, String reason, Predicate<List<Job>> isBeyond) {
        String image = Objects.requireNonNull(maker.image().idOrNull(), "the maker has an image");
        String family = Objects.requireNonNull(maker.metadata().familyOrNull(), "the maker has a family");
        String content = maker.checkedImage().sha256();
        return jdbi.inTransaction(handle -> {
            Duplicates.lock(handle, content);
            List<Job> holders = handle.createQuery("SELECT * FROM job WHERE image_id = :image ORDER BY id FOR UPDATE")
                    .bind("image", image)
                    .mapTo(Job.class)
                    .list();
            List<Job> kept = kept(handle, family);
            Set<UUID> keptIds = new HashSet<>();
            kept.forEach(job -> keptIds.add(job.id()));
            boolean unchanged = holders.stream()
                    .anyMatch(holder -> holder.id().equals(maker.id())
                            && holder.image().number() == maker.image().number());
            boolean onlyOurs = holders.stream().allMatch(holder -> keptIds.contains(holder.id()));
            if (!unchanged || !onlyOurs || isContentInProgress(handle, content) || !isBeyond.test(kept)) {
                return false;
            }
            List<UUID> ids = holders.stream().map(Job::id).toList();
            handle.createUpdate("UPDATE job SET retired_reason = :reason, updated_at = now() WHERE id = ANY (:ids)")
                    .bind("reason", reason)
                    .bindArray("ids", UUID.class, ids)
                    .execute();
            addHistory(handle, ids, "deleting image " + image + " at Linode: " + reason);
            return true;
        });
    }

    /** A job in progress with this content may have been told to use the image, and has not recorded it yet. */
    private static boolean isContentInProgress(Handle handle, String sha256) {
        return handle.createQuery("SELECT EXISTS (SELECT FROM job WHERE sha256 = :sha256 AND outcome_at IS NULL)")
                .bind("sha256", sha256)
                .mapTo(Boolean.class)
                .one();
    }

    /**
     * Records that an image whose deletion was begun no longer exists at Linode.
     *
     * @return whether this call recorded it; false if it was recorded before
     */
    public boolean deleted(String family, String image) {
        return retire(family, image, IS_RETIRING, "", "deleted image " + image + " at Linode");
    }

    /** Records that someone else has deleted an image of the family. Does nothing if its deletion was begun. */
    public void gone(String family, String image) {
        retire(
                family,
                image,
                IS_KEPT,
                "not at Linode any more",
                "image " + image + " does not exist at Linode any more");
    }

    private boolean retire(String family, String image, String condition, String reason, String detail) {
        return jdbi.inTransaction(handle -> {
            List<UUID> ids = handle.createQuery("SELECT id FROM job WHERE family = :family AND image_id = :image AND "
                            + condition + " ORDER BY id FOR UPDATE")
                    .bind("family", family)
                    .bind("image", image)
                    .mapTo(UUID.class)
                    .list();
            handle.createUpdate("UPDATE job SET retired_at = now(), retired_reason = COALESCE(retired_reason, :reason),"
                            + " updated_at = now() WHERE id = ANY (:ids)")
                    .bind("reason", reason)
                    .bindArray("ids", UUID.class, ids)
                    .execute();
            addHistory(handle, ids, detail);
            return !ids.isEmpty();
        });
    }

    private void addHistory(Handle handle, List<UUID> ids, String detail) {
        handle.createUpdate(ADD_HISTORY)
                .bindMap(Map.of("instance", instance, "detail", detail))
                .bindArray("ids", UUID.class, ids)
                .execute();
    }
}
