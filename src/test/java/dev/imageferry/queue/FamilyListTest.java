package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(QueueProfile.class)
@SuppressWarnings("NullAway.Init") // Quarkus sets the fields
class FamilyListTest extends OnPostgres {
    private static final String RETIRED = "retired_reason = 'old', retired_at = now()";

    @Inject
    FamilyList families;

    @Inject
    FamilyImages images;

    private int minutes;

    /** Inserts a job that is a minute younger than the one before. */
    private UUID job(String family, JobState state, String image, String assignments) throws Exception {
        UUID id = table.put("file-" + ++minutes + ".img.gz", state);
        table.set(
                id,
                "family = '" + family + "', keep = 2, image_id = '" + image
                        + "', created_at = timestamptz '2026-01-01T00:00:00Z' + " + minutes + " * interval '1 minute'");
        table.set(id, assignments);
        return id;
    }

    private UUID available(String family, String image) throws Exception {
        return job(family, JobState.AVAILABLE, image, "archived_at = now()");
    }

    @Test
    void families_have_counts_of_images_and_their_newest_job() throws Exception {
        job("debian", JobState.AVAILABLE, "private/1", RETIRED);
        available("debian", "private/2");
        UUID newest = available("debian", "private/3");
        available("alpine", "private/4");
        UUID shared = available("alpine", "private/4");
        job("debian", JobState.FAILED, "private/5", "priority = 1");
        job("never", JobState.QUEUED, "private/6", "image_id = NULL");
        table.put("none.img.gz", JobState.AVAILABLE);

        assertThat(families.all())
                .containsExactly(
                        new FamilyList.Family("alpine", 1, 0, job(shared)),
                        new FamilyList.Family("debian", 2, 1, job(newest)));
    }

    @Test
    void latest_is_the_newest_job_with_an_image_that_stays() throws Exception {
        UUID first = available("debian", "private/1");
        available("debian", "private/2");
        job("debian", JobState.PROCESSING, "private/3", "priority = 0");
        table.execute("UPDATE job SET " + RETIRED + " WHERE image_id = 'private/2'");

        assertThat(families.latest("debian")).contains(job(first));

        table.set(first, "retired_reason = 'about to be deleted'");
        assertThat(families.latest("debian")).isEmpty();
        assertThat(families.latest("alpine")).isEmpty();
    }

    @Test
    void pages_of_a_family_are_complete_and_newest_first() throws Exception {
        List<UUID> expected = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            expected.addFirst(available("debian", "private/" + i));
            available("alpine", "private/1" + i);
            job("debian", JobState.REJECTED, "private/2" + i, "image_id = NULL");
        }

        List<UUID> listed = new ArrayList<>();
        JobFilter.Position after = null;
        do {
            JobLists.Page page = lists.page(JobFilter.imagesOf("debian", 3, after));
            page.jobs().stream().map(Job::id).forEach(listed::add);
            after = page.nextOrNull();
        } while (after != null);

        assertThat(listed).isEqualTo(expected);
    }

    @Test
    void the_checksum_is_that_of_the_dropped_file() throws Exception {
        UUID converted = table.put("a.qcow2", JobState.READY);
        UUID plain = table.put("a.img.gz", JobState.READY);
        table.set(converted, "source_sha256 = 'dropped', sha256 = 'prepared'");
        table.set(plain, "sha256 = 'dropped'");
        UUID other = table.put("b.img.gz", JobState.READY);
        table.set(other, "sha256 = 'prepared'");

        assertThat(bySha256("dropped")).containsExactlyInAnyOrder(converted, plain);
        assertThat(bySha256("prepared")).containsExactly(other);
    }

    private List<UUID> bySha256(String sha256) {
        return list(new JobFilter(Set.of(), Set.of(), null, null, null, sha256, null, JobFilter.Order.NEWEST, 10, null))
                .stream()
                .map(Job::id)
                .toList();
    }

    @Test
    void families_with_too_many_images_are_due() throws Exception {
        available("two", "private/1");
        available("two", "private/2");
        available("shared", "private/3");
        available("shared", "private/3");
        available("shared", "private/4");
        available("three", "private/5");
        available("three", "private/6");
        available("three", "private/7");
        job("retired", JobState.AVAILABLE, "private/8", RETIRED);
        available("retired", "private/9");
        available("retired", "private/10");
        job("unlimited", JobState.AVAILABLE, "private/11", "keep = 1");
        job("unlimited", JobState.AVAILABLE, "private/12", "keep = NULL");
        job("begun", JobState.AVAILABLE, "private/13", "retired_reason = 'old'");
        job(
                "abandoned",
                JobState.AVAILABLE,
                "private/14",
                "retired_reason = 'old', updated_at = now() - interval '1 day'");

        assertThat(images.due()).containsExactly("abandoned", "three");
        assertThat(images.abandoned("begun")).isEmpty();
        assertThat(images.abandoned("abandoned")).hasSize(1);
    }
}
