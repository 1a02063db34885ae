package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.JobState;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@QuarkusTest
@TestProfile(QueueProfile.class)
@SuppressWarnings("NullAway.Init") // Quarkus sets the field
class RetentionTest extends OnPostgres {
    private static final Duration KEEP = Duration.ofDays(30);
    private static final String OLD = "archived_at = now() - interval '31 days', file_gone_at = now()";

    @Inject
    Retention retention;

    @Inject
    QueueWatch watch;

    private UUID ended(String file, JobState state, String assignments) throws Exception {
        UUID id = table.put(file, state);
        table.set(id, "outcome_at = now() - interval '40 days', " + assignments);
        table.execute("INSERT INTO job_history (job_id, at, to_state, attempt, detail) VALUES ('" + id + "', now(), '"
                + state + "', 1, 'ended')");
        return id;
    }

    @ParameterizedTest
    @EnumSource(names = {"AVAILABLE", "REJECTED", "FAILED", "CANCELLED"})
    void removes_old_jobs_with_their_history_and_count(JobState state) throws Exception {
        ended("old.img.gz", state, OLD);
        UUID young = ended("young.img.gz", state, "archived_at = now() - interval '29 days', file_gone_at = now()");

        assertThat(retention.remove(KEEP, true)).isOne();

        assertThat(table.text("SELECT string_agg(id::text, ',') FROM job")).isEqualTo(young.toString());
        assertThat(table.number("SELECT count(*) FROM job_history")).isOne();
        assertThat(watch.counts().jobs()).containsEntry(state, 1L);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "AVAILABLE | image_number = 1, image_id = 'private/1', image_status = 'available' | true | false",
                "AVAILABLE | image_number = 1, image_id = 'private/1', image_status = 'available' | false | true",
                "AVAILABLE | image_number = 0, image_id = 'private/1', image_status = 'available' | true | true",
                "FAILED | image_number = 2, image_id = 'private/1', image_status = 'available' | true | false",
                "FAILED | image_number = 2, image_id = NULL | true | true",
                "AVAILABLE | image_number = 1, image_id = 'private/1', retired_reason = '', retired_at = now() | true | true",
                "AVAILABLE | image_number = 0, image_id = 'private/1', family = 'debian' | false | false",
                "AVAILABLE | image_number = 1, image_id = 'private/1', family = 'debian', retired_reason = '' | false | false",
                "AVAILABLE | image_id = 'private/1', family = 'debian', retired_reason = '', retired_at = now() | true | true",
                "FAILED | image_number = 1, image_id = 'private/1', image_status = 'available', family = 'debian' | false | false",
                "FAILED | family = 'debian' | true | true",
                "REJECTED | file_gone_at = NULL | true | false",
            })
    void keeps_what_deduplication_families_and_the_folder_need(
            JobState state, String assignments, boolean deduplicate, boolean removed) throws Exception {
        UUID id = ended("x.img.gz", state, OLD);
        table.set(id, assignments);

        assertThat(retention.remove(KEEP, deduplicate)).isEqualTo(removed ? 1 : 0);
    }

    @Test
    void keeps_a_job_whose_image_belongs_to_a_family() throws Exception {
        UUID maker = ended("maker.img.gz", JobState.AVAILABLE, OLD + ", image_id = 'private/1', family = 'debian'");
        UUID user = ended("user.img.gz", JobState.AVAILABLE, OLD + ", image_id = 'private/1'");
        table.checked(maker, "content");
        table.checked(user, "content");

        assertThat(retention.remove(KEEP, false)).isZero();
        table.set(maker, "retired_reason = '', retired_at = now()");
        assertThat(retention.remove(KEEP, false)).isEqualTo(2);
    }

    @Test
    void passes_many_jobs_that_stay() throws Exception {
        table.execute("""
                INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, changed_nanos, file_since, state, state_since,
                    priority, label, description, region, tags, cloud_init, replicate_to, next_run_at, created_at, updated_at,
                    outcome_at, archived_at, file_gone_at, image_number, image_id)
                SELECT gen_random_uuid(), gen_random_uuid(), 'file-' || n, n, 1000, 1, 1, now(), 'AVAILABLE', now(),
                    0, 'debian', '', 'us-ord', '{}', false, '{}', now(), now(), now(),
                    now() - interval '50 days', now() - interval '50 days', now(), n % 2, 'private/' || n
                FROM generate_series(1, 2500) AS n
                """);

        assertThat(retention.remove(KEEP, true)).isEqualTo(1_250);
        assertThat(retention.remove(KEEP, true)).isZero();
        assertThat(table.number("SELECT count(*) FROM job")).isEqualTo(1_250);
    }
}
