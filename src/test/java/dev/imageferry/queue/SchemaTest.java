package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.job.JobLifecycle.Decision;
import dev.imageferry.job.JobState;
import dev.imageferry.job.RetryPolicy;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.queue.JobFilter.Order;
import dev.imageferry.queue.JobFilter.Position;
import dev.imageferry.queue.Leases.Held;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The constraints of the tables and the indexes of their queries. */
@QuarkusTest
@TestProfile(QueueProfile.class)
class SchemaTest extends OnPostgres {
    private static final Duration LONG = Duration.ofMinutes(1);

    /** The driver prepares a statement on its fifth run, and the server can choose a generic plan after five more. */
    private static final int RUNS = 15;

    private final JobLifecycle lifecycle =
            new JobLifecycle(new RetryPolicy(3, Duration.ofSeconds(2), Duration.ofSeconds(8)), new Random(1));

    private static final NewJob OFFERED = new NewJob(
            FOLDER,
            new DroppedFile("file-15001", new FileFingerprint(15_001, 1000, 1, 1)),
            new ImageMetadata("debian", "", "us-ord", List.of(), false, List.of(), 0),
            false);

    private static final String THOUSANDS = """
            INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, changed_nanos, file_since, state, state_since, priority, label, description,
                region, tags, cloud_init, replicate_to, next_run_at, created_at, updated_at, outcome_at, archived_at, sha256)
            SELECT gen_random_uuid(), '7c9e6679-7425-40de-944b-e07fc1f90ae7', 'file-' || n, n, 1000, 1, 1, now(),
                CASE WHEN n % 4 = 0 THEN 'QUEUED' ELSE 'AVAILABLE' END, now(), n % 5, 'label-' || n, '', 'us-ord', '{}', false, '{}',
                now(), now() - interval '1 second' * n, now(), CASE WHEN n % 4 = 0 THEN NULL ELSE now() END,
                CASE WHEN n % 4 = 0 THEN NULL ELSE now() END, CASE WHEN n % 4 = 0 THEN NULL ELSE 'sum-' || n END
            FROM generate_series(1, 20000) AS n
            """;

    private static final String BACKLOG = """
            INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, changed_nanos, file_since, state, state_since, priority, label, description,
                region, tags, cloud_init, replicate_to, next_run_at, created_at, updated_at)
            SELECT gen_random_uuid(), '7c9e6679-7425-40de-944b-e07fc1f90ae7', '%1$s' || n, n, 1000, 1, 1, now(), '%2$s', now(), 0, 'label',
                '', 'us-ord', '{}', false, '{}', now(), now() - interval '%4$s' + interval '1 millisecond' * n, now()
            FROM generate_series(1, %3$d) AS n
            """;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "state = 'LOST' | job_state_check",
                "state = 'AVAILABLE' | job_outcome_is_end",
                "outcome_at = now() | job_outcome_is_end",
                "archived_at = now() | job_archived_has_outcome",
                "instance = 'there' | job_lease_has_holder",
                "lease_until = now() | job_lease_has_holder",
                "file = 'b' | job_once_per_content",
            })
    void constraints_reject_invalid_rows(String assignments, String constraint) throws Exception {
        UUID id = table.put("a", JobState.QUEUED);
        table.put("b", JobState.QUEUED);

        assertThatThrownBy(() -> table.set(id, assignments))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining('"' + constraint + '"');
    }

    @Test
    void control_table_has_exactly_one_row() {
        assertThatThrownBy(() -> table.execute("INSERT INTO control DEFAULT VALUES"))
                .hasMessageContaining("control_pkey");
        assertThatThrownBy(() -> table.execute("INSERT INTO control (only_row) VALUES (false)"))
                .hasMessageContaining("control_only_row_check");
    }

    @Test
    void history_is_deleted_with_its_job() throws Exception {
        UUID id = table.put("a", JobState.QUEUED);
        claimed(Lane.CHECK);

        table.execute("DELETE FROM job WHERE id = ?::uuid", id);

        assertThat(table.number("SELECT count(*) FROM job_history")).isZero();
    }

    @Test
    void each_query_uses_its_index_among_thousands_of_jobs() throws Exception {
        table.execute(THOUSANDS);
        table.execute("ANALYZE job");
        Job middle = list(new JobFilter(
                        Set.of(), Set.of(), "file-10000", null, null, null, null, Order.NEWEST, 1, null))
                .getFirst();
        Position deep = new Position(middle.priority(), middle.createdAt(), middle.id());

        // each claim skips the jobs that the previous claims hold
        assertReads("job_claim", 200, () -> claims.claim(Lane.CHECK, FOLDER, 4));
        assertReads("job_newest", 60, () -> list(filter(Order.NEWEST, null)));
        assertReads("job_newest", 60, () -> list(filter(Order.NEWEST, deep)));
        assertReads("job_newest", 60, () -> list(filter(Order.OLDEST, deep)));
        assertReads(
                "job_file",
                20,
                () -> list(new JobFilter(
                        Set.of(), Set.of(), "file-15001", null, null, null, null, Order.NEWEST, 50, null)));
        assertReads("job_file", 60, () -> offers.offer(OFFERED));
        assertReads("job_once_per_content", 60, () -> offers.filesGone(FOLDER, List.of("file-15001", "file-15002")));
        assertReads(
                "job_label",
                20,
                () -> list(new JobFilter(
                        Set.of(), Set.of(), null, "label-15001", null, null, null, Order.NEWEST, 50, null)));
    }

    /** A paused queue: the planner finds many rows in the order of the claim, all of them in another state. */
    @Test
    void a_claim_reads_no_backlog_of_another_state() throws Exception {
        table.execute(BACKLOG.formatted("ready-", "READY", 13_000, "2 hours"));
        table.execute(BACKLOG.formatted("queued-", "QUEUED", 7_000, "1 hour"));
        table.execute("ANALYZE job");

        assertReads(
                "job_claim",
                200,
                () -> assertThat(claims.claim(Lane.CHECK, FOLDER, 4)).hasSize(4));
    }

    /** Few rows, so that all entries of one state cost PostgreSQL no more than one row. */
    @Test
    void a_result_reads_only_its_own_row() throws Exception {
        table.execute(BACKLOG.formatted("file-", "PROCESSING", 500, "2 hours"));
        table.execute(BACKLOG.formatted("queued-", "QUEUED", RUNS, "1 hour"));
        table.execute("ANALYZE job");

        for (int run = 0; run < RUNS; run++) {
            Job job = claims.claim(Lane.CHECK, FOLDER, 1).getFirst().job();
            Decision ready = lifecycle.decide(new StepOutcome.Advanced(job, JobState.READY, "checked"));
            assertReadsNothing(
                    "job_state_priority",
                    () -> assertThat(queue.record(ready, 0)).isPresent());
        }
    }

    private void assertReadsNothing(String index, Runnable work) {
        QuarkusTransaction.requiringNew().run(() -> {
            long before = counted("pg_stat_get_xact_tuples_returned", index);
            work.run();
            assertThat(counted("pg_stat_get_xact_tuples_returned", index) - before)
                    .as("entries read of " + index)
                    .isZero();
        });
    }

    private static JobFilter filter(Order order, @Nullable Position after) {
        return new JobFilter(Set.of(), Set.of(), null, null, null, null, null, order, 50, after);
    }

    /**
     * Uses the statistics of the server for the real statement and parameters, because EXPLAIN can show a different plan.
     */
    private void assertReads(String index, long most, Runnable question) {
        for (int run = 0; run < RUNS; run++) {
            String as = index + ", run " + run;
            QuarkusTransaction.requiringNew().run(() -> {
                long scans = counted("pg_stat_get_xact_numscans", "job");
                long indexScans = counted("pg_stat_get_xact_numscans", index);
                long entries = counted("pg_stat_get_xact_tuples_returned", index);
                question.run();
                assertThat(counted("pg_stat_get_xact_numscans", "job"))
                        .as("scans of the whole table, " + as)
                        .isEqualTo(scans);
                assertThat(counted("pg_stat_get_xact_numscans", index))
                        .as("uses of the index, " + as)
                        .isGreaterThan(indexScans);
                assertThat(counted("pg_stat_get_xact_tuples_returned", index) - entries)
                        .as("entries read, " + as)
                        .isLessThanOrEqualTo(most);
            });
        }
    }

    private long counted(String function, String relation) {
        return (Long)
                entities.createNativeQuery("SELECT " + function + "(CAST('" + relation + "' AS regclass))", Long.class)
                        .getSingleResult();
    }

    @Test
    void heartbeats_and_progress_update_no_index() throws Exception {
        List<Held> held = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            UUID id = table.put("file-" + i, JobState.UPLOADING);
            table.hold(id, QueueProfile.INSTANCE);
            held.add(new Held(id, 1, 0));
        }
        long before = hotUpdates();
        int rounds = 50;

        for (int round = 1; round <= rounds; round++) {
            int sent = round;
            leases.renew(FOLDER, held);
            leases.progress(held.stream()
                    .map(one -> new Held(one.id(), one.epoch(), sent))
                    .toList());
        }

        // the server publishes its statistics at the end of a transaction, at most once per second
        long enough = before + held.size() * rounds * 2 * 9 / 10;
        long end = System.nanoTime() + LONG.toNanos();
        while (hotUpdates() < enough) {
            assertThat(System.nanoTime())
                    .as("HOT updates are " + hotUpdates() + ", expected at least " + enough)
                    .isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private long hotUpdates() throws SQLException {
        return table.number("SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'job'");
    }
}
