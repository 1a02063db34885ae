package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.queue.JobQueue.Intent;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Equal files share one image: one job creates it, the others wait. */
@QuarkusTest
@TestProfile(QueueProfile.class)
class DuplicateTest extends OnPostgres {
    @BeforeEach
    void serveFolder() throws Exception {
        leases.renew(FOLDER, List.of());
    }

    private static final String CONTENT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    @Test
    void image_number_is_committed_before_the_create_call() throws Exception {
        Job job = aboutToCreate("a", CONTENT);
        table.set(job.id(), "image_number = 4");

        Intent intent = queue.intendCreate(job(job.id()), true, Set.of());

        assertThat(((Intent.Committed) intent).job().image())
                .isEqualTo(new ImageRecord(5, true, null, null, List.of(), null, null));
        assertThat(job(job.id()).image())
                .isEqualTo(((Intent.Committed) intent).job().image());
        assertThat(job(job.id()).instanceOrNull()).isEqualTo(QueueProfile.INSTANCE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "state = 'UPLOADING', image_number = 1, create_unresolved = true",
                "state = 'UPLOADING', image_number = 2, image_id = 'private/1'",
                "state = 'PROCESSING', image_number = 1, image_id = 'private/1'",
                "state = 'REPLICATING', image_number = 1, image_id = 'private/1'",
                "state = 'AVAILABLE', image_number = 1, image_id = 'private/1', outcome_at = now()",
                "state = 'AVAILABLE', image_number = 1, image_id = 'private/1', outcome_at = now(), archived_at = now()",
                "state = 'FAILED', image_number = 1, image_id = 'private/1', image_status = 'available',"
                        + " all_bytes_sent_at = now(), outcome_at = now()",
                "state = 'CANCELLED', image_number = 1, image_id = 'private/1', image_status = 'available',"
                        + " all_bytes_sent_at = now(), outcome_at = now()",
            })
    void job_with_an_image_of_the_same_content_is_a_duplicate(String columns) throws Exception {
        UUID other = other(columns);
        Job job = aboutToCreate("b", CONTENT);
        String before = table.row(job.id());

        assertThat(queue.intendCreate(job, true, Set.of())).isEqualTo(new Intent.Duplicate(job(other)));

        assertThat(table.row(job.id())).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "region = 'nl-ams'",
                "label = 'other'",
                "cloud_init = true",
                "sha256 = 'other'",
                "retired_reason = 'about to be deleted'",
                "retired_reason = 'deleted', retired_at = now()",
                "state = 'FAILED', outcome_at = now()",
                "state = 'CANCELLED', outcome_at = now()",
                "state = 'CANCELLED', image_status = 'pending_upload', all_bytes_sent_at = now(), outcome_at = now()",
                // has an image with wrong bytes, which will be deleted
                "state = 'FAILED', image_status = 'available', outcome_at = now()",
                "state = 'READY'",
                // has not committed an intent yet
                "image_number = 0, image_id = NULL",
                // its image is gone, and it creates the next one only if it has no duplicate
                "image_id = NULL",
            })
    void job_with_a_different_image_or_none_is_not_a_duplicate(String otherwise) throws Exception {
        table.set(other("state = 'UPLOADING', image_number = 1, image_id = 'private/1'"), otherwise);
        Job job = aboutToCreate("b", CONTENT);

        assertThat(queue.intendCreate(job, true, Set.of())).isInstanceOf(Intent.Committed.class);
    }

    @Test
    void does_not_search_for_duplicates_if_deduplication_is_off() throws Exception {
        other("state = 'AVAILABLE', image_number = 1, image_id = 'private/1', outcome_at = now()");

        assertThat(queue.intendCreate(aboutToCreate("b", CONTENT), false, Set.of()))
                .isInstanceOf(Intent.Committed.class);
    }

    @Test
    void two_jobs_without_an_image_do_not_wait_for_each_other() throws Exception {
        Job one = aboutToCreate("a", CONTENT);
        Job two = aboutToCreate("b", CONTENT);
        table.set(one.id(), "image_number = 1");
        table.set(two.id(), "image_number = 1");

        assertThat(queue.intendCreate(job(one.id()), true, Set.of())).isInstanceOf(Intent.Committed.class);
        assertThat(queue.intendCreate(job(two.id()), true, Set.of())).isInstanceOf(Intent.Duplicate.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 6})
    void exactly_one_of_several_equal_jobs_creates_the_image(int jobs) throws Exception {
        for (int round = 0; round < 15; round++) {
            List<Callable<Intent>> works = new ArrayList<>();
            for (int i = 0; i < jobs; i++) {
                Job job = aboutToCreate(round + "-" + i, "content-" + round);
                works.add(() -> queue.intendCreate(job, true, Set.of()));
            }

            List<Intent> intents = together(works);

            assertThat(intents).filteredOn(Intent.Committed.class::isInstance).hasSize(1);
            Job winner = intents.stream()
                    .filter(Intent.Committed.class::isInstance)
                    .map(intent -> ((Intent.Committed) intent).job())
                    .findFirst()
                    .orElseThrow();
            assertThat(intents)
                    .filteredOn(Intent.Duplicate.class::isInstance)
                    .hasSize(jobs - 1)
                    .allMatch(intent -> ((Intent.Duplicate) intent).other().id().equals(winner.id()));
        }
    }

    @Test
    void jobs_with_different_content_do_not_block_each_other() throws Exception {
        List<Callable<Intent>> works = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Job job = aboutToCreate("file-" + i, "content-" + i);
            works.add(() -> queue.intendCreate(job, true, Set.of()));
        }

        assertThat(together(works)).hasOnlyElementsOfType(Intent.Committed.class);
    }

    @ParameterizedTest
    @EnumSource(
            value = JobState.class,
            names = {"UPLOADING", "AVAILABLE"})
    void oldest_job_whose_image_still_exists_is_the_duplicate(JobState state) throws Exception {
        UUID oldest = other("state = 'AVAILABLE', image_number = 1, image_id = 'private/1', outcome_at = now()");
        table.set(oldest, "created_at = now() - interval '1 hour'");
        UUID next = other("state = '" + state + "', image_number = 1, image_id = 'private/2'"
                + (state.isEnd() ? ", outcome_at = now()" : ""));
        Job job = aboutToCreate("c", CONTENT);

        assertThat(queue.intendCreate(job, true, Set.of())).isEqualTo(new Intent.Duplicate(job(oldest)));
        assertThat(queue.intendCreate(job, true, Set.of(oldest))).isEqualTo(new Intent.Duplicate(job(next)));
        assertThat(queue.intendCreate(job, true, Set.of(oldest, next))).isInstanceOf(Intent.Committed.class);
    }

    @Test
    void job_does_not_wait_for_a_job_of_an_unserved_folder() throws Exception {
        UUID abandoned = other("state = 'UPLOADING', image_number = 1, image_id = 'private/1'");
        Job job = aboutToCreate("c", CONTENT);
        assertThat(queue.intendCreate(job, true, Set.of())).isEqualTo(new Intent.Duplicate(job(abandoned)));

        table.set(abandoned, "folder_id = gen_random_uuid()");

        assertThat(queue.intendCreate(job, true, Set.of())).isInstanceOf(Intent.Committed.class);
    }

    @Test
    void metadata_is_fixed_once_the_intent_is_committed() throws Exception {
        UUID fixed = other("state = 'UPLOADING', image_number = 1, create_unresolved = true");
        UUID open = other("state = 'UPLOADING'");
        UUID ended = other("state = 'AVAILABLE', image_number = 1, image_id = 'private/1', outcome_at = now()");

        assertThat(queue.withFixedMetadata(job(fixed).folderId()))
                .extracting(Job::id)
                .contains(fixed)
                .doesNotContain(open, ended);
    }

    private UUID other(String assignments) throws Exception {
        UUID id = table.put("other-" + UUID.randomUUID(), JobState.UPLOADING);
        table.checked(id, CONTENT);
        table.set(id, assignments);
        return id;
    }

    private Job aboutToCreate(String file, String content) throws Exception {
        UUID id = table.put(file, JobState.UPLOADING);
        table.checked(id, content);
        table.hold(id, QueueProfile.INSTANCE);
        return job(id);
    }
}
