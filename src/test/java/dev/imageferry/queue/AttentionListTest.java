package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.JobState;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(QueueProfile.class)
@SuppressWarnings("NullAway.Init") // Quarkus sets the field
class AttentionListTest extends OnPostgres {
    @Inject
    AttentionList attention;

    @Test
    void lists_failures_of_the_last_seven_days_newest_first() throws Exception {
        archived("old", JobState.FAILED, "8 days");
        archived("fine", JobState.AVAILABLE, "1 hour");
        UUID rejected = archived("bad", JobState.REJECTED, "2 hours");
        UUID failed = archived("worse", JobState.FAILED, "1 hour");
        archived("by hand", JobState.CANCELLED, "1 hour");
        UUID vanished = archived("vanished", JobState.CANCELLED, "3 hours");
        table.set(vanished, "error_code = 'image-vanished', error_message = ''");

        assertThat(shown()).containsExactly(failed, rejected, vanished);
        assertThat(attention.find(1).total()).isEqualTo(3);
        assertThat(attention.find(1).first()).hasSize(1);
    }

    @Test
    void a_newer_job_of_the_same_file_settles_a_failure() throws Exception {
        archived("nightly", JobState.FAILED, "2 hours");
        UUID other = archived("weekly", JobState.FAILED, "3 hours");
        table.execute("UPDATE job SET inode = 2");
        table.put("nightly", JobState.UPLOADING);

        assertThat(shown()).containsExactly(other);
    }

    @Test
    void lists_stalled_copies_and_files_that_are_not_archived() throws Exception {
        UUID stalled = table.put("cut", JobState.CHECKING);
        table.set(stalled, "error_code = 'gzip-truncated', error_message = '', error_since = now()");
        UUID unreadable = table.put("unreadable", JobState.CHECKING);
        table.set(unreadable, "error_code = 'unreadable', error_message = '', error_since = now()");
        UUID stuck = table.put("stuck", JobState.AVAILABLE);
        table.set(stuck, "outcome_at = now() - interval '2 minutes'");
        table.put("just ended", JobState.AVAILABLE);

        assertThat(shown()).containsExactly(stalled, stuck);
    }

    private UUID archived(String file, JobState state, String ago) throws Exception {
        UUID id = table.put(file, state);
        String then = "now() - interval '" + ago + "'";
        table.set(id, "created_at = %1$s, outcome_at = %1$s, archived_at = %1$s".formatted(then));
        return id;
    }

    private List<UUID> shown() {
        return attention.find(10).first().stream().map(job -> job.id()).toList();
    }
}
