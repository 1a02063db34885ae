package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.JobState;
import io.agroal.api.AgroalDataSource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The bytes that the images cost, each image once. */
@QuarkusTest
@TestProfile(QueueProfile.class)
@SuppressWarnings("NullAway.Init") // Quarkus sets the fields
class ImageCostTest extends OnPostgres {
    private static final String END = "state = 'AVAILABLE', outcome_at = now()";
    private static final String RETIRE = "retired_at = now(), retired_reason = 'keep: 1'";

    @Inject
    QueueWatch watch;

    @Inject
    Retention retention;

    @Inject
    AgroalDataSource pool;

    private UUID uploaded(String file, String image, long bytes, String... copies) throws Exception {
        UUID id = table.put(file, JobState.PROCESSING);
        table.set(
                id,
                "image_number = 1, image_id = '" + image + "', uncompressed_bytes = " + bytes + ", replicate_to = '{"
                        + String.join(",", copies) + "}'");
        return id;
    }

    private UUID available(String file, String image, long bytes, String... copies) throws Exception {
        UUID id = uploaded(file, image, bytes, copies);
        table.set(id, END);
        return id;
    }

    private long imageBytes() {
        return watch.counts().imageBytes();
    }

    /** Computes the total from the jobs. */
    private void assertTotalIsExact() throws Exception {
        assertThat(imageBytes())
                .isEqualTo(table.number("SELECT COALESCE(sum(bytes), 0) FROM (SELECT max(uncompressed_bytes * (SELECT"
                        + " count(DISTINCT region) FROM unnest(replicate_to || region) AS copy (region))) AS bytes FROM job"
                        + " WHERE state = 'AVAILABLE' AND retired_at IS NULL AND image_id IS NOT NULL GROUP BY image_id)"
                        + " AS image"));
    }

    @Test
    void an_image_counts_once_it_is_available_and_once_for_each_region() throws Exception {
        UUID id = uploaded("a", "private/1", 500, "us-ord", "us-iad", "nl-ams");
        assertThat(imageBytes()).isZero();

        table.set(id, END);
        available("b", "private/2", 70);

        assertThat(imageBytes()).isEqualTo(3 * 500 + 70);
        assertTotalIsExact();
    }

    @ParameterizedTest
    @EnumSource(names = {"FAILED", "REJECTED", "CANCELLED"})
    void other_ends_do_not_count(JobState state) throws Exception {
        UUID id = uploaded("a", "private/1", 500);

        table.set(id, "outcome_at = now(), state = '" + state + "'");

        assertThat(imageBytes()).isZero();
    }

    @Test
    void jobs_that_share_an_image_count_once() throws Exception {
        UUID first = available("a", "private/1", 500);
        UUID second = available("b", "private/1", 500, "us-iad");
        assertThat(imageBytes()).isEqualTo(1000);

        table.set(first, RETIRE);
        assertThat(imageBytes()).isEqualTo(1000);

        table.set(second, RETIRE);
        assertThat(imageBytes()).isZero();
    }

    @Test
    void a_statement_can_retire_all_jobs_of_an_image() throws Exception {
        for (int job = 0; job < 5; job++) {
            available("a" + job, "private/1", 500);
        }
        available("b", "private/2", 70);

        table.execute("UPDATE job SET " + RETIRE + " WHERE image_id = 'private/1'");

        assertThat(imageBytes()).isEqualTo(70);
        assertTotalIsExact();
    }

    @Test
    void retiring_twice_counts_once() throws Exception {
        UUID id = available("a", "private/1", 500);
        available("b", "private/2", 70);

        table.set(id, RETIRE);
        table.set(id, RETIRE);

        assertThat(imageBytes()).isEqualTo(70);
    }

    @Test
    void removed_jobs_do_not_count() throws Exception {
        for (int job = 0; job < 4; job++) {
            UUID id = available("a" + job, "private/" + job / 2, 500);
            table.set(id, "archived_at = now() - interval '31 days', file_gone_at = now()");
        }
        available("b", "private/1", 500);

        assertThat(retention.remove(Duration.ofDays(30), false)).isEqualTo(4);

        assertThat(imageBytes()).isEqualTo(500);
        assertTotalIsExact();
    }

    @Test
    void jobs_that_end_at_the_same_time_with_one_image_count_once() throws Exception {
        changeAtTheSameTime(uploaded("a", "private/1", 500), uploaded("b", "private/1", 500), END);

        assertThat(imageBytes()).isEqualTo(500);
    }

    @Test
    void jobs_that_are_retired_at_the_same_time_with_one_image_do_not_count() throws Exception {
        changeAtTheSameTime(available("a", "private/1", 500), available("b", "private/1", 500), RETIRE);

        assertThat(imageBytes()).isZero();
    }

    /** Changes the second job while the change of the first one is not committed. */
    private void changeAtTheSameTime(UUID first, UUID second, String change) throws Exception {
        try (Connection open = pool.getConnection();
                Statement statement = open.createStatement();
                ExecutorService other = Executors.newSingleThreadExecutor()) {
            open.setAutoCommit(false);
            statement.execute("UPDATE job SET " + change + " WHERE id = '" + first + "'");
            Future<UUID> changed = other.submit(() -> {
                table.set(second, change);
                return second;
            });
            while (table.number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                            + " AND datname = current_database()")
                    == 0) {
                Thread.sleep(20);
            }

            open.commit();
            changed.get();
        }
    }

    @Test
    void heartbeats_and_archiving_change_nothing() throws Exception {
        UUID id = available("a", "private/1", 500);

        table.set(id, "archived_at = now(), label = 'other', image_status = 'creating', state = 'AVAILABLE'");

        assertThat(imageBytes()).isEqualTo(500);
    }
}
